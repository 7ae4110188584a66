import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type World } from '../../cli.context.js';
import { CliError, EXIT, misuse } from '../../cli.error.js';

const HEADER = /^(?:[<>] ?)?([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]*:[ \t]*(.*?)[ \t]*$/;

/** Headers as curl, proxies and delivery logs show them; other lines are passed over. */
export function headersIn(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = HEADER.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value] as const];
  });
  if (lines.length === 0) throw new CliError(EXIT.usage, 'There are no headers in the file.', 'Write one a line: X-WC-Webhook-Signature: abc=');
  return Object.fromEntries(lines);
}

/** The bytes of a file, or of standard input. */
export function bytesOf(file: string, option: string, { cwd }: World): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : resolve(cwd, file));
  } catch {
    throw misuse(`--${option} names ${file}, which cannot be read.`, 'webhooks');
  }
}
