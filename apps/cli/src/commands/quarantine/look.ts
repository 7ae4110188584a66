import { type Colour, painter, type World } from '../../cli.context.js';
import { operatorAccess } from '../../client.settings.js';
import { EXIT, misuse } from '../../cli.error.js';
import { parse, writeJson } from '../../command.js';
import { call } from '../../http.client.js';
import { harmless, since, table } from '../../table.js';
import { OPTIONS, selectionOf } from './selection.js';

interface Entry {
  id: string;
  site: string;
  channel: string;
  state: string;
  code: string;
  type?: string;
  reasons: { pointer: string; message: string }[];
  receivedAt: string;
  decidedBy?: string;
  eventId?: string;
}

interface Detail extends Entry {
  personalData: string;
  key?: string;
  draft?: unknown;
}

const DEFAULT_LIMIT = '50';
const COLOURS: Record<string, Colour> = { held: 'magenta', refused: 'red', unmapped: 'yellow', released: 'green', replayed: 'green', discarded: 'dim' };

export async function list(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('quarantine', args, { ...OPTIONS, limit: { type: 'string', default: DEFAULT_LIMIT }, cursor: { type: 'string' } });
  if (positionals.length > 0) throw misuse(`"${positionals.join(' ')}" is not an option.`, 'quarantine');
  const { limit, cursor } = values;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...selectionOf(values), limit, cursor })) if (value !== undefined) query.set(name, value);
  const page = await call<{ entries: Entry[]; next: string | null }>(operatorAccess(values, world), `/v1/quarantine?${query.toString()}`);
  if (values.json === true) {
    writeJson(world, page);
    return EXIT.ok;
  }
  const paint = painter(world);
  const rows = page.entries.map(({ id, site, channel, state, type, code, receivedAt, reasons }) => [
    id, paint(COLOURS[state] ?? 'cyan', state), site, channel, type ?? '?', since(receivedAt), harmless(`${code}${reasonsOf(reasons)}`).slice(0, 90),
  ]);
  if (rows.length === 0) world.out.write('Nothing that fits is set aside.\n');
  else world.out.write(table(['ID', 'STATE', 'SITE', 'CAME BY', 'TYPE', 'SINCE', 'WHY'], rows));
  if (page.next !== null) world.error.write(`More: --cursor ${page.next}\n`);
  return EXIT.ok;
}

export async function show(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('quarantine', args, OPTIONS);
  const [id] = positionals;
  if (id === undefined || positionals.length > 1) throw misuse('Which one? It takes one id.', 'quarantine');
  const detail = await call<Detail>(operatorAccess(values, world), `/v1/quarantine/${encodeURIComponent(id)}`);
  if (values.json === true) {
    writeJson(world, detail);
    return EXIT.ok;
  }
  const { draft, reasons, personalData, ...facts } = detail;
  for (const [name, value] of Object.entries(facts)) world.out.write(`${name.padEnd(12)}${harmless(value)}\n`);
  for (const { pointer, message } of reasons) world.out.write(`  ${harmless(`${pointer === '' ? '(the whole)' : pointer}: ${message}`)}\n`);
  if (draft !== undefined) world.out.write(`\n${JSON.stringify(draft, undefined, 2).split('\n').map(harmless).join('\n')}\n`);
  if (personalData === 'masked') world.error.write('Personal values are masked: a key with quarantine:personal-data sees them.\n');
  return EXIT.ok;
}

const reasonsOf = ([first, ...more]: Entry['reasons']): string =>
  first === undefined ? '' : `: ${first.pointer === '' ? '' : `${first.pointer} `}${first.message}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
