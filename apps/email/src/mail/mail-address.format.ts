import { z } from 'zod';
import { type MailAddress } from './mail.transport.js';

const NAMED = /^\s*"?([^"<>]*?)"?\s*<([^<>\s]+)>\s*$/;
const address = z.email();

/** Reads `hello@acme.example` and `Acme GmbH <hello@acme.example>`; undefined for anything else. */
export function parseMailAddress(value: string): MailAddress | undefined {
  const named = NAMED.exec(value);
  const bare = named?.[2] ?? value.trim();
  if (/\p{Cc}/u.test(value) || !address.safeParse(bare).success) return undefined;
  const name = named?.[1]?.trim();
  return name === undefined || name === '' ? { address: bare } : { address: bare, name };
}
