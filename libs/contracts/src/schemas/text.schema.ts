import { z } from 'zod';

// Lone surrogates and NUL can be written in JSON but not stored in Postgres' jsonb, and a line break in a
// name is how headers are injected into mails: neither has a meaning here, so both are refused at the door.
const LINE = /^[^\p{Cc}\p{Cs}]*$/u;
const TEXT = /^[^\p{Cs}\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/u;

/** One line of text without control characters. */
export const line = (max: number, min = 0): z.ZodString =>
  z.string().min(min).max(max).regex(LINE, 'must be one line without control characters');

/** Text of several lines; of the control characters only tab and line breaks. */
export const text = (max: number): z.ZodString =>
  z.string().max(max).regex(TEXT, 'must not contain control characters other than tab and line breaks');

/** A key that a site chose: an order number, a list, a form. */
export const key = (max = 200): z.ZodString => line(max, 1);
