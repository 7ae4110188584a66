import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type World } from '../../cli.context.js';
import { CliError, EXIT, misuse } from '../../cli.error.js';
import { accessTo } from '../../client.settings.js';
import { COMMON, parse, timeOf, writeJson } from '../../command.js';
import { ExportDownload, type Question } from '../../export/export.download.js';
import { exists, PartFile, partOf } from '../../export/part.file.js';
import type { Format } from '../../export/received.lines.js';
import { Progress } from './progress.js';
import { count } from './report.js';

/** As `GET /v1/export` has them. */
const FILTERS = ['site', 'type', 'kind', 'service', 'connection', 'outcome', 'actor', 'event', 'person', 'correlation', 'text', 'from', 'to'] as const;

const OPTIONS = {
  ...COMMON,
  ...(Object.fromEntries(FILTERS.map((name) => [name, { type: 'string' }])) as Record<(typeof FILTERS)[number], { type: 'string' }>),
  format: { type: 'string' },
  resume: { type: 'boolean' },
  force: { type: 'boolean' },
} as const;

const MB = 1_000_000;

/** The log, or a selection of it, into a file that is there only when it is whole. */
export async function exportLog(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('audit', args, OPTIONS);
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) throw misuse('To where? It takes the name of one file.', 'audit');
  const file = resolve(world.cwd, name);
  const [resume, overwrite] = [values.resume === true, values.force === true];
  if (resume && overwrite) throw misuse('--resume goes on with what is there, and --force begins anew: not both.', 'audit');
  const asked = Object.fromEntries(FILTERS.flatMap((filter) => (values[filter] === undefined ? [] : [[filter, values[filter]]])));
  const access = accessTo('audit', values, world);
  const part = await partFor({ file, resume, overwrite, format: formatOf(values.format), asked });
  const progress = new Progress(world);
  const had = part.received.bytes;
  try {
    await new ExportDownload(access, part, questionOf(asked), {
      progress: (expected) => progress.show(() => lineOf(part, expected, (part.received.bytes - had) / progress.seconds)),
      pause: (why, seconds) => progress.say(`${why} ${count(part.received.entries)} entries are here; going on in ${seconds} s.`),
    }).run();
    await part.finish();
  } finally {
    progress.end();
    await part.close();
  }
  const { received: { entries, bytes }, beginning } = part;
  const { seconds } = progress;
  if (values.json === true) writeJson(world, { file, format: part.format, entries, bytes, logSize: beginning?.size, resumedAt: had, seconds });
  else world.out.write(`${file}: ${count(entries)} entries of a log of ${count(beginning?.size ?? 0)}, ${megabytes(bytes)} in ${seconds.toFixed(1)} s.\n${hintFor(part.format, name)}\n`);
  return EXIT.ok;
}

interface Wanted {
  file: string;
  resume: boolean;
  overwrite: boolean;
  /** Unless told, by the file's name. */
  format: Format | undefined;
  asked: Record<string, string>;
}

async function partFor({ file, resume, overwrite, format, asked }: Wanted): Promise<PartFile> {
  if (!overwrite && existsSync(file)) throw exists(file);
  if (!existsSync(partOf(file)) || overwrite) return new PartFile(file, format ?? (file.endsWith('.csv') ? 'csv' : 'ndjson'), overwrite);
  if (!resume) throw new CliError(EXIT.failed, `${partOf(file)} is left over from an export that was not finished.`, 'Go on with it: --resume. Begin anew: --force.');
  const part = await PartFile.reopen(file);
  const before = part.beginning?.asked ?? {};
  const same = Object.keys(asked).length === 0 || FILTERS.every((filter) => before[filter] === asked[filter]);
  if (same && part.format === (format ?? part.format)) return part;
  await part.close();
  throw misuse(`${part.path} was begun with ${[`--format ${part.format}`, ...Object.entries(before).map(([filter, value]) => `--${filter} ${value}`)].join(' ')}, and now something else is asked for.`, 'audit');
}

function formatOf(asked: string | undefined): Format | undefined {
  if (asked === undefined || asked === 'ndjson' || asked === 'csv') return asked;
  throw misuse(`--format is ndjson or csv, and not "${asked}".`, 'audit');
}

function questionOf(asked: Record<string, string>): Question {
  const times = ['from', 'to'].flatMap<[string, string]>((name) => (asked[name] === undefined ? [] : [[name, timeOf(asked[name], 'audit') ?? '']]));
  return { asked, query: { ...asked, ...Object.fromEntries(times) } };
}

function lineOf({ received: { entries, bytes } }: PartFile, expected: number, bytesPerSecond: number): string {
  const of = expected > entries ? ` of about ${count(expected)}` : '';
  return `${count(entries)}${of} entries, ${megabytes(bytes)}, ${megabytes(bytesPerSecond)}/s`;
}

const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;

const hintFor = (format: Format, name: string): string => (format === 'csv' ? 'Nobody can verify a CSV; of NDJSON everybody can.' : `Verify it: posthorn audit verify ${name}`);
