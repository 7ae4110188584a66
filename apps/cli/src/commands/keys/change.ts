import { type World } from '../../cli.context.js';
import { operatorAccess } from '../../client.settings.js';
import { CliError, EXIT, misuse } from '../../cli.error.js';
import { COMMON, parse, writeJson } from '../../command.js';
import { call } from '../../http.client.js';
import { handOver } from './secret.output.js';

export async function rotate(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('keys', args, { ...COMMON, overlap: { type: 'string' } });
  const id = only(positionals, 'Say which key to rotate.');
  const overlapHours = values.overlap === undefined ? undefined : Number(values.overlap);
  if (Number.isNaN(overlapHours)) throw misuse('--overlap takes hours.', 'keys');
  const made = await call<{ id: string; secret: string; earlierUntil: string }>(operatorAccess(values, world), `/v1/keys/${encodeURIComponent(id)}/rotate`, { method: 'POST', body: { overlapHours } });
  handOver(made, `Key ${id} has a new secret; the earlier one counts until ${made.earlierUntil}. Nobody can show this again:`, { json: values.json, world });
  return EXIT.ok;
}

export async function revoke(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('keys', args, { ...COMMON, yes: { type: 'boolean', short: 'y' } });
  const id = only(positionals, 'Say which key to revoke.');
  const access = operatorAccess(values, world);
  if (values.yes !== true) await consent(id, world);
  const revoked = await call<{ id: string; state: string }>(access, `/v1/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
  if (values.json === true) writeJson(world, revoked);
  else world.out.write(`Key ${id} is revoked: it counts no more, within two seconds everywhere.\n`);
  return EXIT.ok;
}

async function consent(id: string, { ask }: World): Promise<void> {
  if (ask === undefined) throw new CliError(EXIT.usage, 'Nothing was done: there is nobody here to ask.', 'Say --yes to revoke without being asked.');
  if (!(await ask(`Revoke ${id}? Whoever uses it is refused from then on, and it cannot be undone.`))) throw new CliError(EXIT.failed, 'Nothing was done.');
}

function only(positionals: readonly string[], otherwise: string): string {
  const [id, ...rest] = positionals;
  if (id === undefined || rest.length > 0) throw misuse(otherwise, 'keys');
  return id;
}
