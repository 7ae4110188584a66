import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type World } from '../../cli.context.js';
import { misuse } from '../../cli.error.js';

/** Of whom: out of a file, or asked for. Never from the command line, which others of the machine can see. */
export async function addressOf(file: string | undefined, { cwd, read }: World): Promise<string> {
  if (file === undefined && read === undefined) throw misuse('Whose? There is nobody here to ask: name a --file with the address.', 'privacy');
  const text = file === undefined ? await read?.('E-mail address: ') : readFileSync(file === '-' ? 0 : resolve(cwd, file), 'utf8');
  const email = (text ?? '').trim();
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) throw misuse('That is no e-mail address, or more than one.', 'privacy');
  return email;
}
