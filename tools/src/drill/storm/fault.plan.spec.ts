import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SERVICES } from '../../start/service.catalogue.js';
import { CONSUMERS, FAULT_KINDS, type Fault, LONG_STORM_SECONDS, planFaults, PROCESSES, PROVIDER_FAULTS, PROVIDERS, STORE_FAULTS } from './fault.plan.js';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const lengths = fc.integer({ min: 30, max: 900 });
const count = (faults: readonly Fault[], test: (fault: Fault) => boolean): number => faults.filter(test).length;

describe('the plan of a storm', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planFaults({ seconds: 60, seed: 7 })).toEqual(planFaults({ seconds: 60, seed: 7 }));
    expect(planFaults({ seconds: 60, seed: 8 })).not.toEqual(planFaults({ seconds: 60, seed: 7 }));
  });

  it('lies within the storm, never two faults of one lane at a time', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, seconds) => {
        const faults = planFaults({ seed, seconds });
        for (const target of new Set(faults.map((fault) => fault.target))) {
          const lane = faults.filter((fault) => fault.target === target);
          lane.forEach((fault, index) => expect(fault.atMs + fault.durationMs).toBeLessThanOrEqual(lane[index + 1]?.atMs ?? seconds * 1_000));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has each kind of fault in it, and kills and stops each process, from 30 seconds on', () => {
    fc.assert(
      fc.property(seeds, lengths, (seed, seconds) => {
        const faults = planFaults({ seed, seconds });
        expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
        for (const target of PROCESSES) for (const kind of ['kill', 'stop']) expect(count(faults, (fault) => fault.target === target && fault.kind === kind)).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });

  it('kills each process 20 times in ten minutes, and takes away NATS’s store 5 times and an up-to-date one 5 times', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const faults = planFaults({ seed, seconds: 600 });
        for (const target of PROCESSES) expect(count(faults, (fault) => fault.kind === 'kill' && fault.target === target)).toBeGreaterThanOrEqual(20);
        for (const kind of ['wipe', 'rollback']) expect(count(faults, (fault) => fault.kind === kind)).toBeGreaterThanOrEqual(5);
      }),
      { numRuns: 200 },
    );
  });

  it('lets each provider fail in each way in a long storm, and work most of the time', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: LONG_STORM_SECONDS, max: 1_200 }), (seed, seconds) => {
        const faults = planFaults({ seed, seconds });
        for (const target of PROVIDERS) {
          const lane = faults.filter((fault) => fault.target === target);
          const kinds = PROVIDER_FAULTS.filter((kind) => target !== 'smtp' || kind !== 'duplicate');
          expect(new Set(lane.map(({ kind }) => kind))).toEqual(new Set(kinds));
          expect(lane.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBeLessThan(0.25 * seconds * 1_000);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('storms every service that keeps something, and deletes every consumer', () => {
    const keeping = SERVICES.filter(({ role }) => role !== undefined).map(({ name }) => name);
    expect(keeping).toContain('crm-sync');
    const faults = planFaults({ seed: 1, seconds: 3_600 });
    expect(keeping.filter((name) => !faults.some(({ target }) => target === name))).toEqual([]);
    expect(CONSUMERS).toContainEqual({ stream: 'OUTCOMES', durable: 'audit' });
    expect(new Set(faults.flatMap((fault) => (fault.kind === 'delete-consumer' ? [fault.consumer] : [])))).toEqual(new Set(CONSUMERS));
  });

  it('leaves out what it is told to leave out', () => {
    const kinds = new Set(planFaults({ seconds: 300, seed: 1, without: STORE_FAULTS }).map(({ kind }) => kind));
    expect(STORE_FAULTS.filter((kind) => kinds.has(kind))).toEqual([]);
    expect(planFaults({ seconds: 60, seed: 1, without: FAULT_KINDS })).toEqual([]);
  });
});
