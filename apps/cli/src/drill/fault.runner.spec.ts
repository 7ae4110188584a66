import { describe, expect, it } from 'vitest';
import { planFaults, runFaults } from './fault.runner.js';

const world = { env: process.env, cwd: process.cwd(), out: { write: () => undefined }, error: { write: () => undefined } };
const never = new AbortController().signal;

describe('the faults of a drill', () => {
  it('come at the same moments for the same seed, within the load, each command at least once', () => {
    const plan = planFaults(['a', 'b', 'c'], 20, 7);
    expect(plan).toEqual(planFaults(['a', 'b', 'c'], 20, 7));
    expect(plan).not.toEqual(planFaults(['a', 'b', 'c'], 20, 8));
    expect(new Set(plan.map(({ command }) => command))).toEqual(new Set(['a', 'b', 'c']));
    for (const { atMs } of planFaults(['a'], 600, 7)) expect(atMs).toSatisfy((at: number) => at >= 60_000 && at <= 540_000);
    expect(planFaults(['a'], 600, 7)).toHaveLength(40);
    expect(planFaults([], 600, 7)).toEqual([]);
  });

  it('are ended with all that they started when they take too long', async () => {
    const [run] = await runFaults([{ command: 'echo begun; sleep 60 & wait', atMs: 0 }], world, never, () => undefined, 500);
    expect(run).toMatchObject({ exitCode: null, says: 'begun' });
  });
});
