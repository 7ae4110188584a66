import { isPassing } from './patience.js';
import { isObject, PosthornProblem, PosthornUnreachable } from './posthorn.errors.js';

/** What ingress takes at once. */
const MOST_EVENTS = 1_000;
const MOST_BYTES = 5 * 1024 * 1024 - 2;

export interface Item {
  /** Among all that are to be sent. */
  index: number;
  idempotencyKey: string;
  text: string;
}

/** What became of one event of a list. */
export type Fate =
  | { index: number; status: 'accepted'; id: string; acceptedAt: string; replayed: boolean }
  | { index: number; status: 'refused'; error: PosthornProblem }
  | { index: number; status: 'failed'; error: PosthornUnreachable };

/** In order, as many at a time as may be sent together. */
export function batchesOf(items: readonly Item[]): Item[][] {
  const encoder = new TextEncoder();
  const batches: Item[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = encoder.encode(item.text).length + 1;
    const last = batches.at(-1);
    if (last === undefined || last.length === MOST_EVENTS || bytes > room) {
      batches.push([item]);
      room = MOST_BYTES - bytes;
    } else {
      last.push(item);
      room -= bytes;
    }
  }
  return batches;
}

/** Undefined where the answer does not tell of each; a list that is refused as a whole has another. */
export function fatesOf(items: readonly Item[], answer: unknown): Fate[] | undefined {
  if (!isAboutEach(answer) || answer.results.length !== items.length) return undefined;
  return items.map((item, place) => fateOf(item, answer.results[place]));
}

export function isAboutEach(answer: unknown): answer is { results: unknown[] } {
  return isObject(answer) && Array.isArray(answer['results']);
}

export function failed({ index, idempotencyKey }: Item, attempts: number, cause: unknown): Fate {
  return { index, status: 'failed', error: new PosthornUnreachable(idempotencyKey, attempts, cause) };
}

function fateOf(item: Item, result: unknown): Fate {
  const { index } = item;
  const { status: given, id, acceptedAt, replayed, errors } = isObject(result) ? result : {};
  if (typeof id === 'string' && typeof acceptedAt === 'string') return { index, status: 'accepted', id, acceptedAt, replayed: replayed === true };
  const status = typeof given === 'number' ? given : 0;
  const error = new PosthornProblem(status, { ...(result as object), errors: Array.isArray(errors) ? errors.map(aboutTheEvent) : [] });
  return isPassing(status) ? failed(item, 1, error) : { index, status: 'refused', error };
}

// A pointer there begins with the place in the list that was sent, which may be a part of the whole.
function aboutTheEvent(error: unknown): unknown {
  return isObject(error) && typeof error['pointer'] === 'string' ? { ...error, pointer: error['pointer'].replace(/^\/\d+/, '') } : error;
}
