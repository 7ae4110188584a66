import { describe, expect, it, vi } from 'vitest';
import { HealthRegistry } from './health.registry.js';

describe('HealthRegistry', () => {
  it('is ready while no check has a reason against it', async () => {
    const health = new HealthRegistry();
    health.register('postgres', () => undefined);
    health.register('nats', () => Promise.resolve(undefined));
    expect(await health.report()).toEqual({ ready: true, reasons: [] });
  });

  it('names each dependency that is unwell, and why', async () => {
    const health = new HealthRegistry();
    health.register('postgres', () => 'connection refused');
    health.register('nats', () => undefined);
    health.register('disk', () => Promise.reject(new Error('no space left')));
    expect(await health.report()).toEqual({
      ready: false,
      reasons: [
        { name: 'postgres', reason: 'connection refused' },
        { name: 'disk', reason: 'no space left' },
      ],
    });
  });

  it('is ready all the same where only a remark is made', async () => {
    const health = new HealthRegistry();
    health.remark('stream siem', () => 'away');
    health.remark('stream archive', () => undefined);
    expect(await health.report()).toEqual({ ready: true, reasons: [], remarks: [{ name: 'stream siem', reason: 'away' }] });
  });

  it('does not wait for a check that hangs', async () => {
    vi.useFakeTimers();
    try {
      const health = new HealthRegistry();
      health.register('postgres', () => new Promise(() => undefined));
      const report = health.report();
      await vi.advanceTimersByTimeAsync(2_000);
      expect((await report).reasons).toEqual([{ name: 'postgres', reason: 'did not answer within 2000 ms' }]);
    } finally {
      vi.useRealTimers();
    }
  });
});
