import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { accessTo } from '../client.settings.js';
import { EXIT, misuse } from '../cli.error.js';
import { type Command, COMMON, COMMON_HELP, parse, writeJson } from '../command.js';
import { call } from '../http.client.js';
import { describeDryRun, type Rehearsed } from './send/dry-run.view.js';

const HELP = `posthorn send TYPE (DATA | --file FILE) [options]

Sends one event to ingress, as a website would.

  DATA                   the event's data as JSON
  --file FILE            or a file that holds it; - is standard input
  --idempotency-key KEY  a repeat with the same key is one event (default: a fresh key)
  --dry-run              say what would become of it, and send nothing
${COMMON_HELP}
Examples
  posthorn send lead.submitted '{"person":{"email":"ada@example.org"},"message":"Hello"}'
  posthorn send lead.submitted '{"person":{"email":"ada@example.org"}}' --dry-run
  posthorn send order.paid --file order.json --idempotency-key order-1042
`;

export const send: Command = {
  name: 'send',
  summary: 'send an event, as a website would',
  help: HELP,
  async run(args, world) {
    const { values, positionals } = parse('send', args, { ...COMMON, file: { type: 'string' }, 'dry-run': { type: 'boolean' }, 'idempotency-key': { type: 'string' } });
    const [type, data] = positionals;
    if (type === undefined || positionals.length > 2 || (data === undefined) === (values.file === undefined)) throw misuse('Say the type of the event, and its data or a file.', 'send');
    const text = data ?? readFileSync(values.file === '-' ? 0 : resolve(world.cwd, values.file ?? ''), 'utf8');
    const access = accessTo('ingress', values, world);
    const body = { type, data: dataOf(text) };
    if (values['dry-run'] === true) {
      const rehearsed = await call<Rehearsed>(access, '/v1/events?dry_run', { method: 'POST', body });
      if (values.json === true) writeJson(world, rehearsed);
      else world.out.write(describeDryRun(rehearsed));
      return rehearsed.valid ? EXIT.ok : EXIT.failed;
    }
    const headers = { 'idempotency-key': values['idempotency-key'] ?? randomUUID() };
    const accepted = await call<{ id: string; acceptedAt: string }>(access, '/v1/events', { method: 'POST', body, headers });
    if (values.json === true) writeJson(world, accepted);
    else world.out.write(`Accepted at ${accepted.acceptedAt} as ${accepted.id}\nposthorn trace ${accepted.id} shows its way.\n`);
    return EXIT.ok;
  },
};

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw misuse(`The data is not JSON: ${error instanceof Error ? error.message : ''}`, 'send');
  }
}
