import type { Operation } from '@posthorn/http';

const PAGE = { 'text/html': { type: 'string' } };
const token = { about: 'As it stands in the mail.', schema: { type: 'string' } };
const NOT_OURS = 'not-a-token-of-ours';

/** `pressed`: by POST, which is the button, or a mail program's one-click unsubscription. */
function linkPage(tag: string, summary: string, pressed: boolean): Operation {
  return {
    tag,
    summary,
    about: pressed ? 'Whatever is sent is ignored.' : 'Shows a page with a button, and changes nothing: mail scanners open every link.',
    path: { token },
    ...(pressed ? { body: { 'application/x-www-form-urlencoded': { type: 'object' } }, bodyOptional: true } : {}),
    answers: {
      200: { about: pressed ? 'It is done.' : 'The page with the button.', content: PAGE },
      404: { about: 'A link that is not ours.', content: PAGE },
      410: { about: 'It has expired, or its event was erased.', content: PAGE },
      503: { about: 'It cannot be followed right now.', content: PAGE },
    },
    examples: [{ title: 'A link that is not ours', path: { token: NOT_OURS }, status: 404 }],
  };
}

const LETTERS = 'Links in mails';
export const ASK_TO_CONFIRM = linkPage(LETTERS, 'Asks whether a newsletter is wanted', false);
export const CONFIRM = linkPage(LETTERS, 'Confirms a newsletter', true);
export const ASK_TO_UNSUBSCRIBE = linkPage(LETTERS, 'Asks whether a newsletter is wanted no more', false);
export const UNSUBSCRIBE = linkPage(LETTERS, 'Ends a newsletter', true);
export const ASK_TO_ERASE = linkPage(LETTERS, 'Asks whether somebody wants to be forgotten', false);
export const ERASE_BY_LINK = linkPage(LETTERS, 'Has whoever got the mail forgotten', true);
