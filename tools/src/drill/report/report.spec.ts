import { describe, expect, it } from 'vitest';
import { type DrillReport, passed, recoveryMs, reportJson } from '../drill.report.js';
import { renderPage } from './report.page.js';
import { renderTable } from './report.table.js';

const counts = (ok: number, more: object = {}) => ({ ok, unknown: 0, duplicate: 0, unexplained: 0, lost: 0, ...more });

const made = (over: Partial<DrillReport> = {}): DrillReport => ({
  seconds: 30, rate: 50, seed: 7, without: [], startedAt: 1_000_000, stormEndedAt: 1_030_000, lastFaultEndedAt: 1_029_000, drainedAt: 1_034_500, busy: { storm: 0.934, drain: 0.5 }, accepted: 1_500, tries: 1_900,
  events: counts(1_500),
  services: { ingress: counts(1_500), 'crm-sync': counts(1_200), email: counts(1_700), calendar: counts(200), audit: counts(1_500) },
  repeatedByPolicy: 3,
  findings: [],
  complaints: [],
  incidents: [{ lane: 'nats', kind: 'kill', from: 1_005_000, to: 1_006_000 }, { lane: 'nats', kind: 'rollback', from: 1_010_000, to: 1_013_000 }, { lane: 'email', kind: 'death', from: 1_015_000, to: 1_016_000, note: 'exit code 1 <oops>' }],
  recoveries: [],
  timeline: { startedAt: 1_000_000, accepted: [50, 50, 40], delivered: [90, 120, 30], waiting: { 'crm-sync': [1, 2, 0], email: [0, 4, 0], calendar: [0, 0, 0], audit: [3, 0, 0] } },
  ...over,
});
const lost = made({
  events: counts(1_499, { lost: 1 }),
  findings: [{ eventId: 'e1', type: 'lead.submitted', service: 'email', action: 'notify-owner', verdict: 'lost', why: 'the provider <has> nothing' }],
});

describe('the report', () => {
  it.each<[string, DrillReport, boolean]>([
    ['all events are ok', made(), true],
    ['some are unknown, and visible', made({ events: counts(1_490, { unknown: 10 }) }), true],
    ['one is lost', lost, false],
    ['one is doubled', made({ events: counts(1_499, { duplicate: 1 }) }), false],
    ['one cannot be explained', made({ events: counts(1_499, { unexplained: 1 }) }), false],
    ['there is a complaint', made({ complaints: ['ingress refused a valid event'] }), false],
    ['nothing was accepted', made({ accepted: 0, events: counts(0) }), false],
  ])('when %s: passed is %3$s', (_, report, expected) => {
    expect(passed(report)).toBe(expected);
  });

  it('is one line of JSON with what a script needs', () => {
    const line = reportJson(lost);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toMatchObject({ passed: false, accepted: 1_500, delivered: 1_499, lost: 1, duplicates: 0, unknown: 0, unexplained: 0, recoveryMs: 5_500, seed: 7, kills: { nats: 3 } });
  });

  it('says who was killed how often, in the table and on the page', () => {
    const words = 'kill -9: nats 3; NATS’s store wiped 0 times, rolled back 1 times';
    expect(renderTable(made())).toContain(words);
    expect(renderPage(made())).toContain(words);
  });

  it('says whether it was the machine that had no more to give', () => {
    const words = 'This machine’s processors were 93 % busy in the storm and 50 % after it.';
    expect(renderTable(made())).toContain(words);
    expect(renderPage(made())).toContain(words);
  });

  it('has no recovery time while something was left to do', () => {
    expect(recoveryMs(made({ drainedAt: undefined }))).toBeNull();
    expect(renderTable(made({ drainedAt: undefined }))).toContain('Not everything was done');
  });

  it('shows the aim beside the recovery time, and a drill that misses it has passed all the same', () => {
    const slow = made({ drainedAt: 1_029_000 + 75_000 });
    expect(renderTable(slow)).toContain('Everything was done 75 s after the last fault (aim 60 s).');
    expect(renderPage(slow)).toMatch(/<b class="mild">75 s<\/b><span>[^<]*aim 60 s/);
    expect(renderPage(made())).toMatch(/<b class="">5.5 s<\/b><span>[^<]*aim 60 s/);
    expect(passed(slow)).toBe(true);
  });

  it('names what is not ok, in the table and on the page', () => {
    expect(renderTable(lost)).toMatch(/FAILED/);
    expect(renderTable(lost)).toContain('e1');
    expect(renderTable(made())).toContain('Passed');
    expect(renderPage(lost)).toContain('the provider &lt;has&gt; nothing');
  });

  it('is a page that needs nothing from elsewhere and escapes what it shows', () => {
    const page = renderPage(made());
    expect(page).not.toMatch(/(?:src|href)=|url\(|@import/);
    expect(page).toContain('exit code 1 &lt;oops&gt;');
    expect(page).not.toContain('<oops>');
    expect(page).not.toMatch(/NaN|undefined/);
  });
});
