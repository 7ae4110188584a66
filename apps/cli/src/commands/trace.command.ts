import { painter } from '../cli.context.js';
import { accessTo } from '../client.settings.js';
import { EXIT, misuse } from '../cli.error.js';
import { type Command, COMMON, COMMON_HELP, parse, writeJson } from '../command.js';
import { call } from '../http.client.js';
import { harmless, table } from '../table.js';

const HELP = `posthorn trace EVENT [options]

The whole way of one event through every service, from the audit log.

  EVENT                  its id
${COMMON_HELP}
Example
  posthorn trace 01a20411-bb52-7584-acea-c9154f74b8bc
`;

interface Trace {
  steps: { type: string; kind: string; time: string; site: string; service?: string; connection?: string; data?: { error?: { code: string; message: string }; facts?: Record<string, unknown> } }[];
  deliveries: { service: string; connection: string; action?: string; state: string; attempts?: number; externalId?: string }[];
  truncated: boolean;
}

export const trace: Command = {
  name: 'trace',
  summary: 'what became of an event, from acceptance to the providers',
  help: HELP,
  async run(args, world) {
    const { values, positionals } = parse('trace', args, COMMON);
    const [event] = positionals;
    if (event === undefined || positionals.length > 1) throw misuse('Say the id of one event.', 'trace');
    const found = await call<Trace>(accessTo('audit', values, world), `/v1/trace/${encodeURIComponent(event)}`);
    if (values.json === true) {
      writeJson(world, found);
      return EXIT.ok;
    }
    const paint = painter(world);
    const steps = found.steps.map(({ time, type, connection, data }) => [paint('dim', time), type, connection ?? '', harmless(data?.error === undefined ? actorOf(data?.facts) : `${data.error.code}: ${data.error.message}`)]);
    world.out.write(table(['TIME', 'WHAT', 'CONNECTION', 'WHY'], steps));
    if (found.deliveries.length > 0) {
      const rows = found.deliveries.map((one) => [one.service, one.connection, one.action ?? '', one.state, String(one.attempts ?? ''), harmless(one.externalId ?? '')]);
      world.out.write(`\n${table(['SERVICE', 'CONNECTION', 'ACTION', 'STATE', 'ATTEMPTS', "PROVIDER'S ID"], rows)}`);
    }
    if (found.truncated) world.error.write('There were more steps than are shown.\n');
    return EXIT.ok;
  },
};

const actorOf = (facts: Record<string, unknown> | undefined): string => (typeof facts?.['actor'] === 'string' ? `by ${facts['actor']}` : '');
