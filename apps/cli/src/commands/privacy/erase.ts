import { type World } from '../../cli.context.js';
import { accessTo } from '../../client.settings.js';
import { CliError, EXIT, misuse } from '../../cli.error.js';
import { COMMON, parse, writeJson } from '../../command.js';
import { call } from '../../http.client.js';
import { addressOf } from './address.js';

const OPTIONS = { ...COMMON, file: { type: 'string' }, yes: { type: 'boolean', short: 'y' } } as const;

interface Ordered {
  id: string;
  events: number;
}

export async function erase(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('privacy', args, OPTIONS);
  if (positionals.length > 0) throw misuse('An address on the command line can be seen by others of this machine: leave it out to be asked, or name a --file.', 'privacy');
  const access = accessTo('ingress', values, world);
  const email = await addressOf(values.file, world);
  if (values.yes !== true) await consent(world);
  const ordered = await call<Ordered>(access, '/v1/privacy/erasures', { method: 'POST', body: { email } });
  if (values.json === true) writeJson(world, ordered);
  else world.out.write(`${ordered.events} events were erased from the ledger; everybody else follows.\nposthorn privacy certificate ${ordered.id} --wait 120 shows it, and says nothing of whom.\n`);
  return EXIT.ok;
}

async function consent({ ask }: World): Promise<void> {
  if (ask === undefined) throw new CliError(EXIT.usage, 'Nothing was done: there is nobody here to ask.', 'Say --yes to erase without being asked.');
  if (!(await ask('Erase all that this site knows of this person? It cannot be undone.'))) throw new CliError(EXIT.failed, 'Nothing was done.');
}
