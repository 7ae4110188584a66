import { describe, expect, it } from 'vitest';
import type { Evidence } from './checker/evidence.js';
import { keyOf } from './checker/evidence.js';
import { recoveriesOf, spansOf, timelineOf } from './timeline.js';

const order = (id: string) => ({ id, key: id, type: 'order.paid', story: id, step: 0, person: '', acceptedAt: 0, orderId: id });

const evidence = {
  ledger: new Map([['a', { key: 'a', acceptedAt: 10_100 }], ['b', { key: 'b', acceptedAt: 10_900 }]]),
  deliveries: new Map([
    [keyOf('crm-sync', 'a', 'sync-person'), { state: 'delivered', attempts: 1, settledAt: 10_200 }],
    [keyOf('email', 'a', 'receipt'), { state: 'delivered', attempts: 1, settledAt: 12_500 }],
    [keyOf('crm-sync', 'b', 'sync-person'), { state: 'delivered', attempts: 1, settledAt: 13_700 }],
  ]),
  audit: { events: new Map([['a', 10_300]]) },
} as unknown as Evidence;
const journal = { accepted: [order('a'), order('b')], unanswered: 0, refused: [], contradictions: [] };

describe('the timeline', () => {
  it('counts what came and went in each second, and what was waiting at its end', () => {
    const timeline = timelineOf(spansOf(journal, evidence), journal, evidence, { from: 10_000, to: 14_000 });
    expect(timeline).toMatchObject({ accepted: [2, 0, 0, 0], delivered: [1, 0, 1, 1], waiting: { 'crm-sync': [1, 1, 1, 0], email: [1, 1, 0, 0], calendar: [0, 0, 0, 0] } });
  });

  it('says how long after its end a fault was felt, by whom it concerns', () => {
    const incidents = [
      { lane: 'hubspot', kind: 'down' as const, from: 10_500, to: 13_000 },
      { lane: 'smtp', kind: 'hang' as const, from: 10_500, to: 12_000 },
      { lane: 'caldav', kind: 'hang' as const, from: 10_500, to: 12_000 },
      { lane: 'nats', kind: 'kill' as const, from: 10_250, to: 11_000 },
    ];
    expect(recoveriesOf(incidents, spansOf(journal, evidence)).map(({ tookMs }) => tookMs)).toEqual([700, 500, undefined, 2_700]);
  });
});
