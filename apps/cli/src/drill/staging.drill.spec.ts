import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../program.js';
import { type DrillReport } from './drill.report.js';
import { stagingDrillOf, type StagingDrill } from './drill.options.js';
import { FakeSite } from './fake.site.test-kit.js';
import { drillStaging } from './staging.drill.js';

const folder = mkdtempSync(join(tmpdir(), 'posthorn-drill-'));
let site: FakeSite;

beforeEach(async () => {
  site = await FakeSite.start();
});
afterEach(() => site.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Thirty events in a moment, and as little patience; `--json` ends what it says with its report. */
async function drill(over: Partial<StagingDrill> = {}, patienceSeconds = 0.8): Promise<{ code: number; out: string; error: string; report: DrillReport }> {
  const said = { out: '', error: '' };
  const world = { env: process.env, cwd: folder, out: { write: (text: string) => (said.out += text) }, error: { write: (text: string) => (said.error += text) } };
  const asked = stagingDrillOf(['--url', site.url, '--key', 'k', '--audit-url', site.url, '--audit-key', 'a', '--seed', '7', '--site-is-for-tests', '--json'], world);
  const code = await drillStaging({ ...asked, seconds: 0.15, rate: 200, patienceSeconds, ...over }, world, 10);
  return { code, ...said, report: JSON.parse(said.out) as DrillReport };
}

type Accepted = Parameters<FakeSite['onAccept']>[0];
/** Of the three leads that are sent, the first to be accepted. */
let broken: Accepted | undefined;
function breakOne(how: (event: Accepted) => void): void {
  broken = undefined;
  site.onAccept = (event) => {
    if (broken !== undefined || event.type !== 'lead.submitted') return;
    broken = event;
    how(event);
  };
}

describe('a drill against a staging', () => {
  it('sends events of all types through cuts and refusals until they are accepted, and passes when the log has everything', async () => {
    site.failures.push(503, 'cut', 500, 'cut', 429);
    const { code, out, error, report } = await drill({ report: join(folder, 'report.json') }, 30);
    expect([code, out.trim().split('\n').length]).toEqual([0, 1]);
    expect(report).toMatchObject({ passed: true, accepted: 30, delivered: 30, lost: 0, duplicates: 0, unknown: 0, unexplained: 0, services: { 'crm-sync': { ok: 21 }, email: { ok: 15 }, audit: { ok: 30 } } });
    expect(report.tries).toBeGreaterThanOrEqual(35);
    expect(report.recoveryMs).toBeGreaterThanOrEqual(0);
    expect(report.acceptMs!.p99).toBeGreaterThanOrEqual(report.acceptMs!.p50);
    expect(new Set(site.bodies.map(({ type }) => type)).size).toBe(10);
    expect(error).toMatch(/events +30 +0/);
    expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toEqual(report);
  });

  it.each<[string, (event: Accepted) => void, Partial<DrillReport>, string]>([
    ['a service that never got the event', ({ deliveries }) => deliveries.shift(), { lost: 1 }, 'no outcome in the log and no delivery'],
    ['an outcome that the log does not have', ({ deliveries }) => (deliveries[0]!.logged = 0), { lost: 1 }, 'says the service, and the log has no outcome'],
    ['an event that the log does not have', (event) => (event.recorded = false), { lost: 1 }, 'not in the log'],
    ['two successes of one delivery', ({ deliveries }) => (deliveries[0]!.logged = 2), { duplicates: 1 }, '2 times'],
    ['a delivery that is tried to the end', ({ deliveries }) => (deliveries[0]!.state = 'deferred'), { unexplained: 1 }, 'still being tried; deferred: WHY: because'],
    ['work that a service has not begun', ({ deliveries }) => Object.assign(deliveries[0]!, { state: 'pending', logged: 0 }), { unexplained: 1 }, 'still pending'],
  ])('fails for %s, and names it', async (_, how, counted, why) => {
    breakOne(how);
    const { code, error, report } = await drill();
    expect([code, report.passed]).toEqual([1, false]);
    expect(report).toMatchObject({ delivered: 29, ...counted });
    expect(report.findings).toEqual([expect.objectContaining({ eventId: broken!.id, why: expect.stringContaining(why) as string })]);
    expect(error).toContain(`posthorn trace ${broken!.id}`);
  });

  it.each([['dead', 30], ['held', 30], ['unknown', 0.8]] as const)('counts what is %s as in front of a person, and does not fail for it', async (state, patience) => {
    breakOne(({ deliveries }) => (deliveries[0]!.state = state));
    const { code, report } = await drill({}, patience);
    expect(code).toBe(0);
    expect(report).toMatchObject({ delivered: 29, [state]: 1, services: { 'crm-sync': { [state]: 1 } } });
  });

  it('learns from the services who takes what: one that has begun nothing at all is not taken for one that takes nothing', async () => {
    site.onAccept = ({ deliveries }) => deliveries.forEach((one) => one.service === 'email' && Object.assign(one, { state: 'pending', logged: 0 }));
    expect((await drill()).report.services['email']).toMatchObject({ ok: 0, unexplained: 15 });
  });

  it('believes the books where neither the log nor a service knows of an event, but for what they missed before', async () => {
    site.booksMiss = { email: 2 };
    expect(await drill({}, 30)).toMatchObject({ code: 0, report: { delivered: 30 } });
    site.onAccept = (event) => {
      event.deliveries = event.deliveries.filter(({ service }) => service === 'crm-sync');
      site.booksMiss = { email: 17 };
    };
    expect(await drill()).toMatchObject({ code: 1, report: { lost: 15, delivered: 15, recoveryMs: null, services: { email: { lost: 15 } } } });
  });

  it('takes a service for one that takes nothing only when the books were kept again and have no book of it', async () => {
    site.onAccept = (event) => (event.deliveries = event.deliveries.filter(({ service }) => service === 'crm-sync'));
    site.unbooked.add('email');
    expect(await drill({}, 30)).toMatchObject({ code: 0, report: { delivered: 30 } });
    site.keptAt = new Date(Date.now() + 60_000).toISOString();
    expect((await drill()).report.findings).toEqual([expect.objectContaining({ verdict: 'unexplained', service: 'email', why: expect.stringContaining('in no book yet') as string })]);
  });

  it('does not take silence for having nothing to do', async () => {
    site.silent.add('email');
    expect((await drill()).report.findings).toEqual([expect.objectContaining({ verdict: 'unexplained', service: 'email', why: expect.stringContaining('does not say') as string })]);
  });

  it('demands the same id for a key that is sent again, and tells what was refused', async () => {
    site.forgetsKeys = true;
    site.failures.push(undefined, 422);
    const { code, report } = await drill({ rate: 1_000 }, 30);
    expect(code).toBe(1);
    expect(report.duplicates).toBeGreaterThan(0);
    expect(report.findings).toContainEqual(expect.objectContaining({ service: 'ingress', why: 'refused: 422 try later' }));
  });

  it('runs the given faults meanwhile, and says how each ended', async () => {
    const { report, error } = await drill({ faults: ['echo broken; exit 3', 'true'] }, 30);
    expect(report.faults.map(({ command, exitCode }) => [command, exitCode]).sort()).toEqual([['echo broken; exit 3', 3], ['true', 0]]);
    expect(error).toContain('exit code 3: echo broken');
  });

  it('sends nothing without a word that the site is for tests, nor with a key that opens nothing', async () => {
    const args = ['drill', '--url', site.url, '--key', 'k', '--audit-url', site.url, '--audit-key', 'a'];
    let said = '';
    const world = { env: {}, cwd: folder, out: { write: () => undefined }, error: { write: (text: string) => (said += text) } };
    expect([await run(args, world), said]).toEqual([2, expect.stringContaining('DRILL_NEEDS_CONSENT')]);
    expect(await run([...args, '--site-is-for-tests', '--rate', '5000'], world)).toBe(2);
    site.stop();
    expect(await run([...args, '--site-is-for-tests'], world)).toBe(3);
    expect(site.events).toEqual([]);
  });
});
