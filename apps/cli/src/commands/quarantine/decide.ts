import { type World } from '../../cli.context.js';
import { type Access, operatorAccess } from '../../client.settings.js';
import { CliError, EXIT, misuse } from '../../cli.error.js';
import { type Command, parse, writeJson } from '../../command.js';
import { call } from '../../http.client.js';
import { table } from '../../table.js';
import { OPTIONS, selectionOf } from './selection.js';

type Action = 'release' | 'replay' | 'discard';

interface Step {
  done: { id: string; eventId?: string }[];
  stayed: { id: string; code: string }[];
  next: string | null;
}

interface Preview extends Step {
  matched: number;
  groups: { site: string; state: string; code: string; matched: number }[];
}

const WORDS: Record<Action, { ask: string; done: string }> = {
  release: { ask: 'Let in', done: 'let in' },
  replay: { ask: 'Judge again, and let in what has been mended of', done: 'let in' },
  discard: { ask: 'Discard for good', done: 'discarded' },
};

/** Counts, asks, and goes on step by step; each step is done or not done, so to stop is to ask for no more. */
export const decide = (action: Action): Command['run'] => async (args, world) => {
  const { values, positionals } = parse('quarantine', args, { ...OPTIONS, preview: { type: 'boolean' }, yes: { type: 'boolean', short: 'y' } });
  const { json = false, preview = false, yes = false } = values;
  const order = { ...selectionOf(values), ids: positionals.length === 0 ? undefined : positionals };
  if (Object.values(order).every((value) => value === undefined)) throw misuse('Which ones? Name ids, or say at least a --site, --state, --type or --code.', 'quarantine');
  const access = operatorAccess(values, world);
  const counted = await call<Preview>(access, pathOf(action), { method: 'POST', body: { ...order, dryRun: true } });
  if (preview && json) writeJson(world, counted);
  else if (!json || !yes) showPreview(action, counted, preview ? world.out : world.error);
  if (preview) return EXIT.ok;
  if (counted.matched > 0 && !yes) await consent(action, counted.matched, world);
  const all = await carryOut(access, action, order, { of: counted.matched, world });
  if (json) writeJson(world, all);
  else showResult(action, all, world);
  return all.stayed.length > 0 ? EXIT.failed : EXIT.ok;
};

async function carryOut(access: Access, action: Action, order: object, { of, world }: { of: number; world: World }): Promise<Omit<Step, 'next'>> {
  const all: Omit<Step, 'next'> = { done: [], stayed: [] };
  for (let cursor: string | null | undefined; cursor !== null && of > 0; ) {
    const step: Step = await call<Step>(access, pathOf(action), { method: 'POST', body: { ...order, cursor } });
    all.done.push(...step.done);
    all.stayed.push(...step.stayed);
    cursor = step.next;
    if (world.error.isTTY === true) world.error.write(`\r${all.done.length + all.stayed.length} of ${of} `);
  }
  if (world.error.isTTY === true && of > 0) world.error.write('\r');
  return all;
}

async function consent(action: Action, matched: number, { ask }: World): Promise<void> {
  if (ask === undefined) throw new CliError(EXIT.usage, 'Nothing was done: there is nobody here to ask.', `Say --yes to ${action} without being asked.`);
  if (!(await ask(`${WORDS[action].ask} ${matched}?`))) throw new CliError(EXIT.failed, 'Nothing was done.');
}

function showPreview(action: Action, { matched, groups, done, stayed, next }: Preview, out: World['out']): void {
  if (matched === 0) {
    out.write('Nothing fits that waits for it.\n');
    return;
  }
  out.write(table(['SITE', 'STATE', 'WHY', 'HOW MANY'], groups.map((group) => [group.site, group.state, group.code, String(group.matched)])));
  if (action !== 'discard') out.write(`Of ${next === null ? 'them' : `the first ${done.length + stayed.length}`} ${done.length} would be let in and ${stayed.length} would stay${byCode(stayed)}.\n`);
}

function showResult(action: Action, { done, stayed }: Omit<Step, 'next'>, { out, error }: World): void {
  if (done.length + stayed.length === 0) return;
  out.write(`${done.length} ${WORDS[action].done}.\n`);
  if (stayed.length > 0) error.write(`${stayed.length} stayed${byCode(stayed)}. posthorn quarantine show ID says what is wrong.\n`);
}

function byCode(stayed: Step['stayed']): string {
  const counts = new Map<string, number>();
  for (const { code } of stayed) counts.set(code, (counts.get(code) ?? 0) + 1);
  const codes = [...counts].map(([code, count]) => `${code} ${count}`);
  return codes.length === 0 ? '' : ` (${codes.join(', ')})`;
}

const pathOf = (action: Action): string => `/v1/quarantine/${action}`;
