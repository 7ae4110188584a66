import { expect, it } from 'vitest';
import { clockMsOf, processorMsOf, usageDuring } from './process.usage.js';

it('reads processor time behind a name with brackets and blanks in it', () => {
  expect(processorMsOf('42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 25 0 0 20 0 11 0')).toBe(1_750);
});

it('reads processor time as ps writes it', () => {
  expect([clockMsOf('0:01.25'), clockMsOf('2:00.00'), clockMsOf('01:00:01')]).toEqual([1_250, 120_000, 3_601_000]);
});

it('says what a process used while something was done, and hands on what came of it', async () => {
  const busy = (): Promise<string> => {
    const used = (): number => {
      const { user, system } = process.cpuUsage();
      return user + system;
    };
    for (const until = used() + 60_000; used() < until; ) for (let n = 0; n < 10_000; n += 1) Math.sqrt(n);
    return Promise.resolve('done');
  };
  const { value, usage } = await usageDuring(process.pid, busy);
  expect(value).toBe('done');
  expect(usage.processorMs).toBeGreaterThanOrEqual(40);
  expect(usage.residentMegabytes).toBeGreaterThan(10);
});
