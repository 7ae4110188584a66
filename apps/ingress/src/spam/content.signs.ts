import { pointerOf, type PosthornEvent } from '@posthorn/contracts';
import type { SpamSettings } from './spam.settings.js';
import { type Suspicion, suspicion } from './suspicion.js';

const LINK = /https?:\/\/|\bwww\./gi;
/** As forums write links, and mails do not. */
const FORUM_LINK = /\[url[=\]]|\[link[=\]]/i;

/** What gives advertising away, and a person hardly ever does. */
export function signsInContent({ data }: Pick<PosthornEvent, 'data'>, { maxLinks, words }: SpamSettings): Suspicion[] {
  const found: Suspicion[] = [];
  const unwanted = words.map((word) => word.toLowerCase());
  let links = 0;
  for (const [path, text] of textsIn(data, [])) {
    const here = text.match(LINK)?.length ?? 0;
    // Where somebody came from is an address by nature.
    if (path.at(-1) !== 'page') links += here;
    if (path.at(-1) === 'name' && here > 0) found.push(suspicion('link-in-name', 'has a link where a name belongs', pointerOf(['data', ...path])));
    if (FORUM_LINK.test(text)) found.push(suspicion('forum-link', 'has a link as forums write it', pointerOf(['data', ...path])));
    const lower = unwanted.length === 0 ? '' : text.toLowerCase();
    if (unwanted.some((word) => lower.includes(word))) found.push(suspicion('unwanted-word', 'has a word from the list of the site', pointerOf(['data', ...path])));
  }
  if (links > maxLinks) found.push(suspicion('too-many-links', `has ${links} links, more than ${maxLinks}`, '/data'));
  return found;
}

function* textsIn(value: unknown, path: string[]): Generator<[string[], string]> {
  if (typeof value === 'string') yield [path, value];
  else if (typeof value === 'object' && value !== null) for (const [name, each] of Object.entries(value)) yield* textsIn(each, [...path, name]);
}
