import { type Colour, painter, type World } from '../cli.context.js';
import { type Access, accessTo } from '../client.settings.js';
import { EXIT, misuse } from '../cli.error.js';
import { type Command, COMMON, COMMON_HELP, parse, warnOf, writeJson } from '../command.js';
import { call } from '../http.client.js';
import { duration, harmless, since, table } from '../table.js';

const HELP = `posthorn connections [options]
posthorn connections isolate ID --reason WHY
posthorn connections release ID
posthorn connections check ID

How every connection does, and orders about one of them. Isolating stops its calls, over restarts, until it is
released; its deliveries wait and lose nothing. Checking asks the provider whether it accepts the credentials.

  --service NAME         only of this service; for an order, where two services have a connection of one id
  --site ID              only of this site
  --reason WHY           shown to everybody who looks
${COMMON_HELP}
Examples
  posthorn connections
  posthorn connections isolate acme-hubspot --reason "the CRM is being moved"
  posthorn connections check acme-mail && posthorn connections release acme-mail
`;

interface Connection {
  service: string;
  connection: string;
  site: string;
  provider: string;
  state: string;
  reason?: string;
  openUntil?: string;
  backlog?: { pending: number; attempting: number; retrying: number; unknown: number; held: number; dead: number; more: boolean };
  oldestWaiting?: string;
  drainSeconds: number | null;
}

const COLOURS: Record<string, Colour> = { closed: 'green', 'half-open': 'yellow', open: 'red', parked: 'red', isolated: 'magenta' };

export const connections: Command = {
  name: 'connections',
  summary: 'how every connection does; isolate, release and check one',
  help: HELP,
  async run(args, world) {
    const { values, positionals } = parse('connections', args, { ...COMMON, service: { type: 'string' }, site: { type: 'string' }, reason: { type: 'string' } });
    const [verb, id, ...rest] = positionals;
    const access = (): Access => accessTo('console', values, world);
    if (verb === undefined) return list(access(), values, world);
    if (verb !== 'isolate' && verb !== 'release' && verb !== 'check') throw misuse(`"${verb}" is not something to do with a connection.`, 'connections');
    if (id === undefined || rest.length > 0) throw misuse(`Say which connection to ${verb}.`, 'connections');
    if (verb === 'isolate' && values.reason === undefined) throw misuse('Say why, with --reason: others will want to know.', 'connections');
    const body = { service: values.service, ...(verb === 'isolate' ? { reason: values.reason } : {}) };
    const answer = await call<Answer>(access(), `/v1/connections/${encodeURIComponent(id)}/${verb}`, { method: 'POST', body });
    if (values.json === true) writeJson(world, answer);
    else world.out.write(told(answer, world));
    return answer.result === undefined || answer.result === 'accepted' ? EXIT.ok : EXIT.failed;
  },
};

interface Answer {
  service: string;
  connection: string;
  state?: string;
  reason?: string;
  result?: string;
  error?: { code: string; message: string; remedy?: string };
}

async function list(access: Access, { service, site, json }: { service?: string; site?: string; json?: boolean }, world: World): Promise<number> {
  const query = new URLSearchParams({ ...(service === undefined ? {} : { service }), ...(site === undefined ? {} : { site }) });
  const answer = await call<{ connections: Connection[]; unanswered: { service: string; message: string }[] }>(access, `/v1/connections?${query.toString()}`);
  if (json === true) {
    writeJson(world, answer);
    return EXIT.ok;
  }
  const rows = answer.connections.map((one) => rowOf(one, world));
  world.out.write(rows.length === 0 ? 'There are no connections.\n' : table(['CONNECTION', 'SERVICE', 'SITE', 'PROVIDER', 'STATE', 'WAITING', 'OLDEST', 'DRAINED IN', 'DEAD', 'HELD', 'WHY'], rows));
  warnOf(answer.unanswered, world);
  return EXIT.ok;
}

function rowOf(one: Connection, world: World): string[] {
  const paint = painter(world);
  const { backlog } = one;
  const count = (n: number | undefined): string => (n === undefined ? '?' : `${n}${backlog?.more === true ? '+' : ''}`);
  const waiting = backlog && backlog.pending + backlog.attempting + backlog.retrying + backlog.unknown;
  const letters = (n: number | undefined): string => (n === undefined || n === 0 ? count(n) : paint('red', count(n)));
  return [
    paint('bold', one.connection),
    one.service,
    one.site,
    one.provider,
    paint(COLOURS[one.state] ?? 'cyan', one.state),
    count(waiting),
    since(one.oldestWaiting),
    waiting === 0 || waiting === undefined ? '' : one.drainSeconds === null ? '?' : duration(one.drainSeconds),
    letters(backlog?.dead),
    letters(backlog?.held),
    harmless(one.reason ?? ''),
  ];
}

function told({ connection, service, state = '?', reason, result, error }: Answer, world: World): string {
  const paint = painter(world);
  const standing = paint(COLOURS[state] ?? 'cyan', state);
  if (result === undefined) return `${connection} (${service}) is ${standing}${reason === undefined ? '' : `: ${harmless(reason)}`}\n`;
  const why = error === undefined ? '' : `\n  ${error.code}: ${harmless(error.message)}${error.remedy === undefined ? '' : `\n  ${harmless(error.remedy)}`}`;
  return `${connection} (${service}): credentials ${paint(result === 'accepted' ? 'green' : 'red', result)}; the connection is ${standing}${why}\n`;
}
