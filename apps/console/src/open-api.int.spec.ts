import { newId } from '@posthorn/contracts';
import { runExamples } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsoleFixture, KEY, startConsole } from './testing/console.test-kit.js';

let ops: ConsoleFixture;

beforeAll(async () => {
  ops = await startConsole(['crm-sync']);
  const crm = await ops.replica('crm-sync', 'one');
  const connection = { connection: 'acme-hubspot', site: 'acme', provider: 'hubspot', state: 'open', reason: 'failures', openUntil: '2026-11-22T17:20:05.114Z', backlog: { pending: 1, attempting: 0, retrying: 0, unknown: 0, held: 0, dead: 2, more: false }, oldestWaiting: '2026-11-22T17:18:40.002Z', perSecond: 3, checkable: true };
  const id = newId();
  const delivery = { id, eventId: id, connection: 'acme-hubspot', action: 'sync-lead', site: 'acme', type: 'lead.submitted', state: 'dead', attempts: 3, error: { code: 'CRM_REFUSED', message: 'refused' }, updatedAt: '2026-11-22T17:18:40.002Z' };
  const share = { connection: 'acme-hubspot', site: 'acme', matched: 2 };
  const report = (question: Record<string, unknown>) => ({ id: question['id'], actor: 'ada', state: 'stopped', perSecond: 20, matched: 2, redelivered: 1, refused: 0, connections: [{ ...share, redelivered: 1, refused: 0 }], startedAt: '2026-11-22T10:00:00.000Z', endedAt: '2026-11-22T10:00:09.000Z', stoppedBy: 'ada' });
  crm.on('connections', () => ({ connections: [connection] }));
  crm.on('deliveries', () => ({ deliveries: [delivery], more: true }));
  crm.on('redeliver', (question) => (question['preview'] === true ? { matched: [share] } : { redelivery: report(question) }));
  crm.on('redelivery', (question) => (String(question['id']).endsWith('000') ? {} : { redelivery: report(question) }));
  for (const order of ['isolate', 'release'] as const) crm.on(order, ({ reason }) => ({ applied: true, state: 'isolated', ...(reason === undefined ? {} : { reason }) }));
  crm.on('check', () => ({ result: 'rejected', error: { code: 'CRM_CREDENTIALS_REJECTED', message: 'refused', remedy: 'A new token.' }, tookMs: 12, state: 'parked' }));
});
afterAll(() => ops.stop());

describe('/openapi.json of the console', () => {
  it('has examples of every operation, which are answered as it says', async () => {
    expect(await runExamples({ url: ops.url, keyFor: () => KEY })).toEqual([]);
  });
});
