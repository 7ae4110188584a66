import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { diagnose, remember, wasExchanged } from './topology.diagnosis.js';

interface Sight {
  delivered?: number;
  deliveries?: number;
  pending?: number;
  unsettled?: number;
  asked?: number;
  last?: number;
  created?: string;
}

function sight({ delivered = 10, deliveries = 10, pending = 0, unsettled = 0, asked = 1, last = 10, created = 'a' }: Sight): [ConsumerInfo, StreamInfo] {
  const consumer = {
    delivered: { stream_seq: delivered, consumer_seq: deliveries },
    num_pending: pending,
    num_ack_pending: unsettled,
    num_waiting: asked,
    config: { max_ack_pending: 100 },
  };
  return [consumer as ConsumerInfo, { created, state: { last_seq: last } } as unknown as StreamInfo];
}

const MINUTE = 60_000;

/** What is said a minute after the first sight, when the second is seen. */
function aMinuteLater(first: Sight, second: Sight = first): string | undefined {
  const memory = remember(...sight(first), undefined, 0);
  return diagnose(...sight(second), remember(...sight(second), memory, MINUTE), MINUTE);
}

describe('a consumer', () => {
  it('is ahead when it has had what its stream no longer has', () => {
    expect(aMinuteLater({ delivered: 10, last: 9 })).toBe('ahead');
    expect(aMinuteLater({ delivered: 10, last: 10 })).toBeUndefined();
  });

  it('is stalled when somebody asks, something is there, and for a long time nothing comes', () => {
    expect(aMinuteLater({ pending: 5, last: 15 })).toBe('stalled');
  });

  it.each<[string, Sight, Sight?]>([
    ['while it delivers', { pending: 5, deliveries: 10, last: 15 }, { pending: 5, deliveries: 11, last: 16 }],
    ['while nobody asks: the service has enough to do', { pending: 5, asked: 0, last: 15 }],
    ['while there is nothing to deliver', { pending: 0 }],
    ['while too much is unsettled', { pending: 5, unsettled: 100, last: 115 }],
    ['when what waits has only just come', { pending: 0 }, { pending: 5, last: 15 }],
  ])('is not stalled %s', (_when, first, second = first) => {
    expect(aMinuteLater(first, second)).toBeUndefined();
  });

  it('is remembered as having had everything only when it had', () => {
    const memory = remember(...sight({ pending: 0 }), undefined, 1_000);
    expect(memory.caughtUpAt).toEqual(new Date(1_000));
    expect(remember(...sight({ pending: 3 }), memory, 2_000).caughtUpAt).toEqual(new Date(1_000));
    expect(remember(...sight({ unsettled: 3 }), undefined, 2_000).caughtUpAt).toBeUndefined();
  });
});

describe('a stream', () => {
  it('was exchanged when it was made anew or has become shorter', () => {
    const before = remember(...sight({ last: 10 }), undefined, 0);
    expect(wasExchanged(sight({ last: 11, created: 'b' })[1], before)).toBe(true);
    expect(wasExchanged(sight({ last: 9 })[1], before)).toBe(true);
    expect(wasExchanged(sight({ last: 11 })[1], before)).toBe(false);
    expect(wasExchanged(sight({})[1], undefined)).toBe(false);
  });
});
