import type { Operation } from '@posthorn/http';

const TAG = 'Script for web pages';
const TEXT = { type: 'string' };
const headers = { 'if-none-match': { about: 'The ETag of the script that is known already.', schema: TEXT }, 'accept-encoding': { about: 'br and gzip are understood.', schema: TEXT } };
const answers = {
  200: { about: 'The script.', content: { 'text/javascript': TEXT }, headers: { etag: 'Changes with the script.', 'content-location': 'Its name for good.' } },
  304: { about: 'It is what If-None-Match names.' },
};

export const SHOW_SCRIPT: Operation = { tag: TAG, summary: 'The newest script', headers, answers, examples: [{ title: 'For a page', status: 200 }] };

export const SHOW_EXACT_SCRIPT: Operation = {
  tag: TAG,
  summary: 'The script by its hash, for good',
  about: 'After an upgrade the old name leads to the new script.',
  path: { hash: { about: '16 hex digits.', schema: { type: 'string', pattern: '^[0-9a-f]{16}$' } } },
  headers,
  answers,
  examples: [{ title: 'For a page with integrity', path: { hash: '0123456789abcdef' }, status: 200 }],
};
