import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type World } from '../../cli.context.js';
import { CliError, EXIT, misuse } from '../../cli.error.js';
import { accessTo } from '../../client.settings.js';
import { COMMON, parse, writeJson } from '../../command.js';
import { callStream } from '../../http.client.js';
import { addressOf } from './address.js';

const OPTIONS = { ...COMMON, site: { type: 'string' }, file: { type: 'string' }, force: { type: 'boolean' } } as const;

/** How each format ends: what breaks off does not. */
const ENDS = { html: /<\/html>\n$/, json: /\],"count":\d+}\n$/ };

/** Everything about a person, into a file that others cannot read and that is there only when it is whole. */
export async function exportPerson(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('privacy', args, OPTIONS);
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) throw misuse('To where? It takes the name of one file.', 'privacy');
  const { site } = values;
  if (site === undefined) throw misuse('Of which site? A person is one within a --site.', 'privacy');
  const file = resolve(world.cwd, name);
  if (existsSync(file) && values.force !== true) throw new CliError(EXIT.failed, `${file} is there already.`, 'Say --force to overwrite it.');
  const access = accessTo('audit', values, world);
  const email = await addressOf(values.file, world);
  const format = file.endsWith('.html') ? 'html' : 'json';
  const answer = await callStream(access, `/v1/people/export?format=${format}`, { method: 'POST', body: { site, email } });
  await save(answer, file, ENDS[format]);
  if (values.json === true) writeJson(world, { file, format });
  else world.out.write(`${file}: everything that the log has about the person. Give it to nobody else, and delete it when it has arrived.\n`);
  return EXIT.ok;
}

async function save({ body }: Response, file: string, end: RegExp): Promise<void> {
  const part = `${file}.part`;
  let last = '';
  try {
    rmSync(part, { force: true });
    const source = body === null ? Readable.from([]) : Readable.fromWeb(body);
    source.on('data', (chunk: Buffer) => (last = (last + chunk.toString('latin1')).slice(-100)));
    await pipeline(source, createWriteStream(part, { mode: 0o600 }));
    if (!end.test(last)) throw new Error('it ends before its end');
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw new CliError(EXIT.unreachable, `The export broke off: ${error instanceof Error ? error.message : String(error)}.`, 'Nothing was kept of it. Try again.');
  }
}
