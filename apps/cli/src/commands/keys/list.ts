import { type Colour, painter, type World } from '../../cli.context.js';
import { operatorAccess } from '../../client.settings.js';
import { EXIT, misuse } from '../../cli.error.js';
import { COMMON, parse, writeJson } from '../../command.js';
import { call } from '../../http.client.js';
import { harmless, since, table } from '../../table.js';

interface Key {
  id: string;
  kind: string;
  state: string;
  site?: string;
  scopes: string[];
  types?: string[];
  origins?: string[];
  sites?: string[];
  personalData?: boolean;
  export?: boolean;
  expiresAt?: string;
  lastUsedAt?: string;
  earlier?: { until: string; lastUsedAt?: string };
}

const COLOURS: Record<string, Colour> = { active: 'green', rotating: 'yellow', expired: 'dim', revoked: 'dim', declared: 'cyan' };

export async function list(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('keys', args, { ...COMMON, site: { type: 'string' }, kind: { type: 'string' } });
  if (positionals.length > 0) throw misuse('list takes --site and --kind, and no id.', 'keys');
  const access = operatorAccess(values, world);
  const keys: Key[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const { site, kind } = values;
    const given = Object.entries({ site, kind, after: after === '' ? undefined : after }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const page: { keys: Key[]; next: string | null } = await call(access, `/v1/keys?${new URLSearchParams(given).toString()}`);
    keys.push(...page.keys);
    after = page.next;
  }
  if (values.json === true) writeJson(world, { keys });
  else world.out.write(keys.length === 0 ? 'There are no such keys.\n' : table(['KEY', 'KIND', 'SITE', 'STATE', 'LAST USED', 'UNTIL', 'MAY'], keys.map((key) => rowOf(key, world))));
  return EXIT.ok;
}

function rowOf(key: Key, world: World): string[] {
  const paint = painter(world);
  const old = key.earlier === undefined ? '' : `old secret until ${key.earlier.until}${key.earlier.lastUsedAt === undefined ? ', not used' : `, last used ${since(key.earlier.lastUsedAt)} ago`}`;
  const used = key.lastUsedAt === undefined ? '' : `${since(key.lastUsedAt)} ago`;
  return [paint('bold', harmless(key.id)), key.kind, key.site ?? key.sites?.join(' ') ?? '', paint(COLOURS[key.state] ?? 'cyan', key.state), used, old === '' ? (key.expiresAt ?? '') : old, mayOf(key)];
}

function mayOf({ scopes, types = [], origins = [], personalData, export: exports }: Key): string {
  const rights = [...scopes, ...(personalData === true ? ['personal data'] : []), ...(exports === true ? ['export'] : [])];
  const limits = [...types, ...origins.map((origin) => `from ${origin}`)];
  return harmless([...rights, ...limits].join(' '));
}
