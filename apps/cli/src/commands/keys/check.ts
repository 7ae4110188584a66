import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMistyped, isWellFormed } from './key.form.js';
import { type World } from '../../cli.context.js';
import { EXIT, misuse } from '../../cli.error.js';
import { parse, writeJson } from '../../command.js';

/** Asks nobody: whether a key is whole, its check part says. Whether it counts, only ingress knows. */
export async function check(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('keys', args, { file: { type: 'string' }, json: { type: 'boolean' } });
  if (positionals.length > 0) throw misuse('A key on the command line can be seen by others of this machine: leave it out to be asked, or name a --file.', 'keys');
  const key = await keyOf(values.file, world);
  const verdict = isWellFormed(key) ? 'whole' : isMistyped(key) ? 'mistyped' : 'of another form';
  const kind = verdict === 'whole' ? key.split('_')[1] : undefined;
  if (values.json === true) writeJson(world, { verdict, kind });
  else world.out.write(`${WORDS[verdict](kind)}\n`);
  return verdict === 'whole' ? EXIT.ok : EXIT.failed;
}

const WORDS = {
  whole: (kind = '') => `The key is whole, and of kind ${kind}. Whether it counts, only ingress knows.`,
  mistyped: () => 'This is no key: a character is wrong, missing or too many. Copy it whole.',
  'of another form': () => 'This has not the form of a key made by command. It may be one that posthorn.yaml declares.',
};

async function keyOf(file: string | undefined, { cwd, read }: World): Promise<string> {
  if (file === undefined && read === undefined) throw misuse('Which? There is nobody here to ask: name a --file with the key.', 'keys');
  const text = file === undefined ? await read?.('Key: ') : readFileSync(file === '-' ? 0 : resolve(cwd, file), 'utf8');
  const key = (text ?? '').trim();
  if (key === '') throw misuse('There is no key in it.', 'keys');
  return key;
}
