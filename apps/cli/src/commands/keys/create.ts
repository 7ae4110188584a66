import { type World } from '../../cli.context.js';
import { operatorAccess } from '../../client.settings.js';
import { EXIT, misuse } from '../../cli.error.js';
import { COMMON, parse } from '../../command.js';
import { call } from '../../http.client.js';
import { handOver } from './secret.output.js';

const OPTIONS = {
  ...COMMON,
  kind: { type: 'string' },
  site: { type: 'string' },
  scopes: { type: 'string' },
  types: { type: 'string' },
  origins: { type: 'string' },
  sites: { type: 'string' },
  'personal-data': { type: 'boolean' },
  export: { type: 'boolean' },
  expires: { type: 'string' },
} as const;

export async function create(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('keys', args, OPTIONS);
  const [id, ...rest] = positionals;
  if (id === undefined || rest.length > 0) throw misuse('Say what the key is to be called.', 'keys');
  if (values.kind === undefined) throw misuse('Say which --kind of key.', 'keys');
  const { kind, site, expires: expiresAt, 'personal-data': personalData, export: exports } = values;
  const lists = { scopes: listOf(values.scopes), types: listOf(values.types), origins: listOf(values.origins), sites: listOf(values.sites) };
  const access = operatorAccess(values, world);
  // What was not given is not sent: ingress knows what each kind has unless told otherwise.
  const made = await call<{ id: string; kind: string; secret: string }>(access, '/v1/keys', { method: 'POST', body: { id, kind, site, expiresAt, personalData, export: exports, ...lists } });
  handOver(made, `Key ${id} was made. This is its secret, which nobody can show again:`, { json: values.json, world });
  return EXIT.ok;
}

function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((part) => part.trim()).filter((part) => part !== '');
}
