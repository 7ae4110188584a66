import { CredentialsError, GuardRejectedError } from '@posthorn/resilience';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Connection, ConnectionRegistry } from './connection.registry.js';
import { ConnectionWorker } from './connection.worker.js';
import { type ClaimedDelivery } from './delivery.row.js';

const connectionWith = (guard: object): Connection => {
  const definition = { name: 'none', options: z.unknown(), create: () => undefined };
  const registry = new ConnectionRegistry([{ id: 'a', site: 'acme', provider: 'none', options: {}, guard }], [definition]);
  const connection = registry.get('a');
  if (connection === undefined) throw new Error('no connection');
  return connection;
};

/** A queue of due deliveries in memory; an attempt that the guard refuses goes back into it. */
class Queue {
  due: string[] = [];
  claims: number[] = [];
  delivered: string[] = [];
  behaviour: (id: string) => Promise<void> = () => Promise.resolve();
  failing = false;

  claim = (_connection: Connection, limit: number): Promise<ClaimedDelivery[]> => {
    this.claims.push(limit);
    if (this.failing) return Promise.reject(new Error('the database is away'));
    return Promise.resolve(this.due.splice(0, limit).map((id) => ({ id }) as ClaimedDelivery));
  };

  attempt = async ({ id }: ClaimedDelivery, { guard }: Connection): Promise<boolean> => {
    try {
      await guard.run(() => this.behaviour(id));
      this.delivered.push(id);
      return false;
    } catch (error) {
      if (!(error instanceof GuardRejectedError) && !(error instanceof CredentialsError)) return false;
      this.due.push(id);
      return true;
    }
  };

  claimFailed = vi.fn();
}

describe('ConnectionWorker', () => {
  let queue: Queue;
  beforeEach(() => {
    vi.useFakeTimers();
    queue = new Queue();
  });
  afterEach(() => vi.useRealTimers());

  it('claims no more than the guard has free slots, and goes on until nothing is due', async () => {
    queue.due = Array.from({ length: 20 }, (_, index) => String(index));
    new ConnectionWorker(connectionWith({ concurrency: 8 }), queue).wake();
    await vi.advanceTimersByTimeAsync(10);
    expect(queue.delivered).toHaveLength(20);
    expect(queue.claims).toEqual([8, 8, 8]);
  });

  it('claims at once while the provider has little to do', async () => {
    const worker = new ConnectionWorker(connectionWith({ concurrency: 8 }), queue);
    queue.behaviour = () => new Promise((resolve) => setTimeout(resolve, 100));
    for (let arrived = 1; arrived <= 4; arrived += 1) {
      queue.due.push(String(arrived));
      worker.wake();
      await vi.advanceTimersByTimeAsync(0);
      expect(queue.due).toEqual([]);
    }
  });

  it('lets slots that become free one by one share a claim', async () => {
    queue.due = Array.from({ length: 400 }, (_, index) => String(index));
    let calls = 0;
    queue.behaviour = () => new Promise((resolve) => setTimeout(resolve, 50 + (calls++ % 8)));
    new ConnectionWorker(connectionWith({ concurrency: 8 }), queue).wake();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(queue.delivered).toHaveLength(400);
    expect(queue.claims.length).toBeLessThan(150);
  });

  it('claims nothing while the connection is isolated, and goes on at its release', async () => {
    const connection = connectionWith({});
    connection.guard.isolate('maintenance');
    queue.due = ['a'];
    new ConnectionWorker(connection, queue).wake();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(queue.claims).toEqual([]);
    connection.guard.release();
    await vi.advanceTimersByTimeAsync(1);
    expect(queue.delivered).toEqual(['a']);
  });

  it('goes on at once when parked credentials are released, long before their next test', async () => {
    const connection = connectionWith({ parkedProbeMs: 300_000 });
    queue.due = ['a', 'b'];
    queue.behaviour = () => Promise.reject(new CredentialsError('TOKEN', 'no'));
    const worker = new ConnectionWorker(connection, queue);
    worker.wake();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(connection.guard.state).toBe('parked');
    queue.behaviour = () => Promise.resolve();
    connection.guard.release();
    await vi.advanceTimersByTimeAsync(1);
    expect(queue.delivered.sort()).toEqual(['a', 'b']);
  });

  it('tests parked credentials by itself when their time has come', async () => {
    const connection = connectionWith({ parkedProbeMs: 90_000 });
    queue.due = ['a'];
    queue.behaviour = () => Promise.reject(new CredentialsError('TOKEN', 'no'));
    new ConnectionWorker(connection, queue).wake();
    await vi.advanceTimersByTimeAsync(80_000);
    queue.behaviour = () => Promise.resolve();
    await vi.advanceTimersByTimeAsync(10_001);
    expect(queue.delivered).toEqual(['a']);
  });

  it('waits for the rate, not for a poll', async () => {
    queue.due = ['a', 'b', 'c'];
    new ConnectionWorker(connectionWith({ ratePerSecond: 10, burst: 1 }), queue).wake();
    await vi.advanceTimersByTimeAsync(99);
    expect(queue.delivered).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(110);
    expect(queue.delivered).toEqual(['a', 'b', 'c']);
  });

  it('rests after a claim that failed, whoever wakes it, and then goes on by itself', async () => {
    queue.due = ['a'];
    queue.failing = true;
    const worker = new ConnectionWorker(connectionWith({}), queue);
    for (let i = 0; i < 50; i++) {
      worker.wake();
      await vi.advanceTimersByTimeAsync(2);
    }
    expect(queue.claims).toHaveLength(1);
    queue.failing = false;
    await vi.advanceTimersByTimeAsync(500);
    expect(queue.delivered).toEqual(['a']);
  });

  it('claims nothing after it was stopped, and is idle once its calls have ended', async () => {
    let finish: () => void = () => undefined;
    queue.due = ['a', 'b'];
    queue.behaviour = () => new Promise((resolve) => (finish = resolve));
    const worker = new ConnectionWorker(connectionWith({ concurrency: 1 }), queue);
    worker.wake();
    await vi.advanceTimersByTimeAsync(1);
    worker.stopClaiming();
    const idle = worker.idle();
    finish();
    await idle;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([queue.delivered, queue.due]).toEqual([['a'], ['b']]);
  });
});
