import { type DrillReport, runDrill } from '@posthorn/tools';
import { beforeAll, describe, expect, it } from 'vitest';

// The shortest storm whose plan has every fault in it.
const SECONDS = 30;
const RATE = 50;
// One storm of many: `npm run drill` makes another each time.
const SEED = 20_261_122;

describe('a storm of half a minute', () => {
  let report: DrillReport;
  beforeAll(async () => {
    report = await runDrill({ seconds: SECONDS, rate: RATE, seed: SEED, without: [] });
  }, 400_000);

  it('kills and stops each process, takes NATS its memory, and lets the providers fail in every way', () => {
    const happened = new Set(report.incidents.map(({ lane, kind }) => `${lane} ${kind}`));
    for (const name of ['postgres', 'nats', 'ingress', 'crm-sync', 'email', 'calendar', 'audit']) expect([...happened]).toEqual(expect.arrayContaining([`${name} kill`, `${name} stop`]));
    const kinds = new Set(report.incidents.map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['wipe', 'rollback', 'delete-consumer', 'down', 'latency', 'hang', 'cut', 'cut-after', 'duplicate', 'rate-limit', 'status', 'garbage']));
  });

  it('is weathered: every event that was sent was accepted, and did what it should, once, where it should', () => {
    expect(report.complaints).toEqual([]);
    // Only a mail that may not be repeated is left for a person to decide about.
    expect(report.findings.filter(({ verdict, action }) => !(verdict === 'unknown' && action === 'opt-in'))).toEqual([]);
    expect(report.accepted).toBeGreaterThan(SECONDS * RATE * 0.9);
    expect(report.events.ok + report.events.unknown).toBe(report.accepted);
  });

  it('is followed by calm: all work is done without anybody’s help', () => {
    expect(report.drainedAt).toBeDefined();
  });
});
