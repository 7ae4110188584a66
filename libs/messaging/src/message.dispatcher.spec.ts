import type { Msg } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeliveredMessage } from './delivered.message.js';
import { HandlerTable } from './handler.table.js';
import { MessageDispatcher } from './message.dispatcher.js';
import type { MessageSettlement } from './message.settlement.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A batch handler that takes four, gathers for 100 ms, and tells how many it was given when. */
function gathering() {
  const began = performance.now();
  const batches: { atMs: number; messages: number }[] = [];
  const handler = (messages: unknown[]): Promise<void> => {
    batches.push({ atMs: performance.now() - began, messages: messages.length });
    return Promise.resolve();
  };
  Object.assign(handler, { extras: { batch: { size: 4, gatherMs: 100 } } });
  const handlers = new HandlerTable('events', 4, () => handler);
  const settlement = { hold: () => undefined, acknowledge: () => Promise.resolve(), took: () => undefined } as unknown as MessageSettlement;
  const dispatcher = new MessageDispatcher('test', 100, handlers, settlement);
  const receive = (count: number): void => Array.from({ length: count }, message).forEach((each) => dispatcher.receive(each));
  return { batches, receive };
}

function message(): DeliveredMessage {
  const msg = { subject: 'events.acme.lead.submitted', reply: '$JS.ACK.EVENTS.test.1.1.1.1.0', data: new Uint8Array(2), json: () => ({}) };
  return new DeliveredMessage(msg as unknown as Msg);
}

describe('a batch handler that gathers', () => {
  it('gets a lone message at once, and what follows it together', async () => {
    const { batches, receive } = gathering();
    receive(1);
    await vi.advanceTimersByTimeAsync(1);
    receive(1);
    await vi.advanceTimersByTimeAsync(50);
    receive(2);
    await vi.advanceTimersByTimeAsync(200);
    receive(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(batches).toEqual([
      { atMs: 0, messages: 1 },
      { atMs: 100, messages: 3 },
      { atMs: 251, messages: 1 },
    ]);
  });

  it('gets full batches as fast as it takes them', async () => {
    const { batches, receive } = gathering();
    receive(12);
    await vi.advanceTimersByTimeAsync(10);
    expect(batches.map(({ messages }) => messages)).toEqual([4, 4, 4]);
  });
});
