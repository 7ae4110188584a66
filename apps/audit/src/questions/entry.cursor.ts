import { Problem } from '@posthorn/http';

// Nobody but us reads a cursor: what is in it may change, and its first byte says which kind it is.
const VERSION = 1;

/** Where the next page begins: after the entry with this id. */
export function cursorAfter(id: string): string {
  return Buffer.concat([Buffer.from([VERSION]), Buffer.from(id.replaceAll('-', ''), 'hex')]).toString('base64url');
}

/** The id in a cursor; a Problem (400) when we did not make it. */
export function idInCursor(cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== 17 || bytes[0] !== VERSION || bytes.toString('base64url') !== cursor) throw badCursor();
  return bytes.toString('hex', 1).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const badCursor = (): Problem =>
  new Problem({
    status: 400,
    code: 'query-invalid',
    title: 'The question has mistakes',
    errors: [{ pointer: '/cursor', rule: 'cursor', message: 'must be the "next" of an earlier page, unchanged' }],
  });
