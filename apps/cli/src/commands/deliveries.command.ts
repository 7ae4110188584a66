import { type Colour, painter } from '../cli.context.js';
import { accessTo } from '../client.settings.js';
import { EXIT, misuse } from '../cli.error.js';
import { type Command, COMMON, COMMON_HELP, parse, SELECTION, SELECTION_HELP, timeOf, warnOf, writeJson } from '../command.js';
import { call } from '../http.client.js';
import { harmless, since, table } from '../table.js';

const HELP = `posthorn deliveries [options]

Deliveries of all services, the newest event first.

${SELECTION_HELP}  --limit N              how many (default 50, at most 200)
  --cursor CURSOR        the next page, as the page before named it
${COMMON_HELP}
Examples
  posthorn deliveries --state dead,held
  posthorn deliveries --connection acme-hubspot --error CRM_REFUSED --from 7d
`;

interface Page {
  deliveries: { service: string; id: string; eventId: string; connection: string; type: string; action: string; state: string; attempts: number; updatedAt: string; error?: { code: string; message: string } }[];
  next: string | null;
  unanswered: { service: string; message: string }[];
}

const COLOURS: Record<string, Colour> = { delivered: 'green', dead: 'red', held: 'magenta', unknown: 'magenta', retrying: 'yellow', skipped: 'dim', erased: 'dim' };

export const deliveries: Command = {
  name: 'deliveries',
  summary: 'deliveries by state, connection, error, time …',
  help: HELP,
  async run(args, world) {
    const { values, positionals } = parse('deliveries', args, { ...COMMON, ...SELECTION, limit: { type: 'string' }, cursor: { type: 'string' } });
    if (positionals.length > 0) throw misuse(`"${positionals.join(' ')}" is not an option.`, 'deliveries');
    const { url, key, json, error, event, from, to, ...same } = values;
    const asked = { ...same, errorCode: error, eventId: event, from: timeOf(from, 'deliveries'), to: timeOf(to, 'deliveries') };
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, value);
    const page = await call<Page>(accessTo('console', { url, key }, world), `/v1/deliveries?${query.toString()}`);
    if (json === true) {
      writeJson(world, page);
      return EXIT.ok;
    }
    const paint = painter(world);
    const rows = page.deliveries.map((one) => [
      one.id,
      one.service,
      one.connection,
      `${one.type} → ${one.action}`,
      paint(COLOURS[one.state] ?? 'cyan', one.state),
      String(one.attempts),
      since(one.updatedAt),
      harmless(one.error === undefined ? '' : `${one.error.code}: ${one.error.message}`).slice(0, 90),
    ]);
    if (rows.length === 0) world.out.write('No deliveries fit.\n');
    else world.out.write(table(['DELIVERY', 'SERVICE', 'CONNECTION', 'EVENT → ACTION', 'STATE', 'TRIES', 'SINCE', 'WHY'], rows));
    if (page.next !== null) world.error.write(`More: --cursor ${page.next}\n`);
    warnOf(page.unanswered, world);
    return EXIT.ok;
  },
};
