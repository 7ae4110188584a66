import { setTimeout as pause } from 'node:timers/promises';
import { type World } from '../cli.context.js';
import { type Access, accessTo } from '../client.settings.js';
import { CliError, EXIT, misuse } from '../cli.error.js';
import { type Command, COMMON, COMMON_HELP, parse, SELECTION, SELECTION_HELP, timeOf, warnOf, writeJson } from '../command.js';
import { call } from '../http.client.js';
import { table } from '../table.js';

const HELP = `posthorn redeliver [DELIVERY…] [options]
posthorn redeliver --progress ID
posthorn redeliver --stop ID

Sends again what is dead or held: shows how many that would be, asks, and then follows until it is done. It goes on
without you if you leave, and stops with --stop. What was delivered is never sent again.

  DELIVERY…              by id, or all that fit:
${SELECTION_HELP}                         (here dead, held or skipped; default dead,held)
  --per-second N         at most so many (default 20, at most 500)
  --preview              only count
  --yes                  do not ask
  --no-wait              do not follow
${COMMON_HELP}
Examples
  posthorn redeliver --connection acme-hubspot --preview
  posthorn redeliver --connection acme-hubspot --error CRM_REFUSED --from 36h
  posthorn redeliver --service email --state skipped --type order.paid --per-second 5 --yes
`;

interface Share {
  service: string;
  connection: string;
  site: string;
  matched: number;
}

interface Preview {
  matched: number;
  connections: Share[];
  unanswered: { service: string; message: string }[];
}

interface Redelivery {
  id: string;
  state: string;
  matched: number;
  redelivered: number;
  refused: number;
  stoppedBy?: string;
  unanswered: { service: string; message: string }[];
}

const FOLLOW_MS = 500;

export const redeliver: Command = {
  name: 'redeliver',
  summary: 'send dead letters again, one or many',
  help: HELP,
  async run(args, world) {
    const { values, positionals } = parse('redeliver', args, {
      ...COMMON, ...SELECTION, 'per-second': { type: 'string' }, preview: { type: 'boolean' }, yes: { type: 'boolean', short: 'y' },
      'no-wait': { type: 'boolean' }, progress: { type: 'string' }, stop: { type: 'string' },
    });
    const access = accessTo('console', values, world);
    const { progress, stop, json = false } = values;
    if (stop !== undefined) return show(await call<Redelivery>(access, pathOf(stop), { method: 'DELETE' }), json, world);
    if (progress !== undefined) return follow(access, await call<Redelivery>(access, pathOf(progress)), { json, wait: values['no-wait'] !== true }, world);

    const order = {
      service: values.service, site: values.site, type: values.type, connection: values.connection, errorCode: values.error, eventId: values.event,
      states: values.state?.split(','), ids: positionals.length === 0 ? undefined : positionals,
      from: timeOf(values.from, 'redeliver'), to: timeOf(values.to, 'redeliver'),
      perSecond: values['per-second'] === undefined ? undefined : Number(values['per-second']),
    };
    if (Number.isNaN(order.perSecond)) throw misuse('--per-second takes a number.', 'redeliver');
    const preview = await call<Preview>(access, '/v1/redeliveries', { method: 'POST', body: { ...order, preview: true } });
    if (values.preview === true && json) writeJson(world, preview);
    else if (!json || values.yes !== true) showPreview(preview, json ? world.error : world.out);
    warnOf(preview.unanswered, world);
    if (values.preview === true || preview.matched === 0) return EXIT.ok;
    if (values.yes !== true) await consent(preview.matched, world);
    const started = await call<Redelivery>(access, '/v1/redeliveries', { method: 'POST', body: order });
    return follow(access, started, { json, wait: values['no-wait'] !== true }, world);
  },
};

const pathOf = (id: string): string => `/v1/redeliveries/${encodeURIComponent(id)}`;

async function consent(matched: number, { ask }: World): Promise<void> {
  if (ask === undefined) throw new CliError(EXIT.usage, 'Nothing was done: there is nobody here to ask.', 'Say --yes to redeliver without being asked.');
  if (!(await ask(`Send ${matched} again?`))) throw new CliError(EXIT.failed, 'Nothing was done.');
}

function showPreview({ matched, connections }: Preview, out: World['out']): void {
  if (matched === 0) out.write('Nothing fits that could be sent again.\n');
  else out.write(table(['SERVICE', 'CONNECTION', 'SITE', 'WOULD BE SENT AGAIN'], connections.map((one) => [one.service, one.connection, one.site, String(one.matched)])));
}

async function follow(access: Access, started: Redelivery, { json, wait }: { json: boolean; wait: boolean }, world: World): Promise<number> {
  let now = started;
  while (wait && now.state === 'running') {
    if (world.error.isTTY === true) world.error.write(`\r${lineOf(now)} `);
    await pause(FOLLOW_MS);
    now = await call<Redelivery>(access, pathOf(now.id));
  }
  if (world.error.isTTY === true && wait) world.error.write('\r');
  return show(now, json, world);
}

function show(redelivery: Redelivery, json: boolean, world: World): number {
  if (json) writeJson(world, redelivery);
  else {
    world.out.write(`${lineOf(redelivery)}\n`);
    if (redelivery.state === 'running') world.out.write(`posthorn redeliver --progress ${redelivery.id} follows it, --stop ${redelivery.id} stops it.\n`);
    if (redelivery.refused > 0) world.out.write(`${redelivery.refused} were refused: this version of their service could not deliver them. They stay what they are.\n`);
  }
  warnOf(redelivery.unanswered, world);
  return EXIT.ok;
}

const lineOf = ({ id, state, redelivered, matched, stoppedBy }: Redelivery): string =>
  `Redelivery ${id} ${state === 'stopped' ? `was stopped by ${stoppedBy ?? '?'}` : state === 'running' ? 'is running' : 'is finished'}: ${redelivered} of ${matched} sent again.`;
