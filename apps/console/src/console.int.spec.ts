import { newId } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionsView, ControlView } from './connections/connections.controller.js';
import type { DeliveriesPage } from './deliveries/deliveries.controller.js';
import type { PreviewView, RedeliveryView } from './redeliveries/redeliveries.controller.js';
import { type ConsoleFixture, type Replica, startConsole } from './testing/console.test-kit.js';

interface ProblemBody {
  code: string;
  detail?: string;
  errors?: { pointer: string; message: string }[];
}

const backlog = { pending: 90, attempting: 2, retrying: 8, unknown: 0, held: 1, dead: 3, more: false };
const hubspot = (over: object = {}) => ({ connection: 'acme-hubspot', site: 'acme', provider: 'hubspot', state: 'closed', backlog, perSecond: 5, checkable: true, ...over });

describe('the console', () => {
  let ops: ConsoleFixture;
  let crm: Replica;
  let twin: Replica;
  let mail: Replica;

  beforeAll(async () => {
    ops = await startConsole();
    [crm, twin, mail] = await Promise.all([ops.replica('crm-sync', 'one'), ops.replica('crm-sync', 'two'), ops.replica('email', 'three')]);
    mail.on('connections', ({ connection }) => ({ connections: [{ connection: 'acme-mail', site: 'acme', provider: 'smtp', state: 'parked', reason: 'refused', checkable: true }].filter((one) => (connection ?? one.connection) === one.connection) }));
    for (const replica of [crm, twin]) replica.on('connections', ({ connection }) => ({ connections: [hubspot(replica === twin ? { state: 'open', reason: 'it failed', openUntil: new Date(Date.now() + 10_000).toISOString() } : {})].filter((one) => (connection ?? one.connection) === one.connection) }));
  });
  afterAll(() => ops.stop());

  it('lets nobody in without an operator key', async () => {
    for (const path of ['/v1/connections', '/v1/deliveries', `/v1/redeliveries/${newId()}`]) {
      expect((await ops.call('GET', path, undefined, '')).status).toBe(401);
      expect((await ops.call<ProblemBody>('GET', path, undefined, 'ph_ok_wrong')).body.code).toBe('key-unknown');
    }
  });

  it('puts together what the replicas of a service say, and shows the worst', async () => {
    const { status, body } = await ops.call<ConnectionsView>('GET', '/v1/connections');
    expect(status).toBe(200);
    expect(body.unanswered).toEqual([]);
    expect(body.connections.map(({ connection }) => connection)).toEqual(['acme-hubspot', 'acme-mail']);
    const [first, second] = body.connections;
    expect(first).toMatchObject({ service: 'crm-sync', state: 'open', reason: 'it failed', backlog, perSecond: 10 });
    expect(first!.replicas.map(({ state }) => state).sort()).toEqual(['closed', 'open']);
    // 100 waiting at 10 a second, and 10 s until the circuit lets any through.
    expect(first!.drainSeconds).toBeGreaterThan(18);
    expect(first!.drainSeconds).toBeLessThan(22);
    expect(second).toMatchObject({ state: 'parked', drainSeconds: null });
  });

  it('says which service did not answer, or why it could not', async () => {
    mail.on('deliveries', () => undefined);
    crm.on('deliveries', () => ({ problem: { code: 'DATABASE_UNAVAILABLE', message: 'crm-sync cannot use its database at the moment.' } }));
    twin.on('deliveries', () => ({ problem: { code: 'DATABASE_UNAVAILABLE', message: 'crm-sync cannot use its database at the moment.' } }));
    const { status, body } = await ops.call<ProblemBody>('GET', '/v1/deliveries');
    expect([status, body.code]).toEqual([503, 'services-unreachable']);
    expect(body.detail).toContain('crm-sync cannot use its database');
    expect(body.detail).toContain('email did not answer in time');
    twin.on('deliveries', () => ({ deliveries: [], more: false }));
    const answer = await ops.call<DeliveriesPage>('GET', '/v1/deliveries');
    expect(answer.body).toMatchObject({ deliveries: [], next: null, unanswered: [{ service: 'email', code: 'NO_ANSWER' }] });
  });

  it('pages through the deliveries of all services as if they were one list', async () => {
    const ids = Array.from({ length: 7 }, () => newId()).reverse();
    const listOf = (service: string, events: string[]) => ({ filter, limit, after }: Record<string, unknown>) => {
      expect(filter).toEqual({ states: ['dead', 'held'] });
      const position = after as { eventId: string; service: string } | undefined;
      const left = events.filter((id) => position === undefined || id < position.eventId || (id === position.eventId && service < position.service));
      const shown = left.slice(0, limit as number).map((eventId) => ({ id: newId(), eventId, connection: 'c', action: 'a', site: 'acme', type: 'lead.submitted', state: 'dead', attempts: 1, updatedAt: new Date().toISOString() }));
      return { deliveries: shown, more: left.length > shown.length };
    };
    crm.on('deliveries', listOf('crm-sync', ids));
    twin.on('deliveries', listOf('crm-sync', ids));
    mail.on('deliveries', listOf('email', ids.slice(0, 3)));
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await ops.call<DeliveriesPage>('GET', `/v1/deliveries?state=dead,held&limit=4${cursor}`);
      seen.push(...body.deliveries.map(({ eventId, service }) => `${eventId} ${service}`));
      if (body.next === null) break;
      cursor = `&cursor=${body.next}`;
    }
    expect(seen).toHaveLength(10);
    expect(seen).toEqual([...ids.map((id) => `${id} crm-sync`), ...ids.slice(0, 3).map((id) => `${id} email`)].sort().reverse());
  });

  it('names every mistake in a question, and asks nobody', async () => {
    const before = crm.asked.length;
    const { status, body } = await ops.call<ProblemBody>('GET', '/v1/deliveries?state=lost&limit=9999&sight=acme&from=yesterday');
    expect([status, body.code]).toEqual([400, 'query-invalid']);
    expect(body.errors?.map(({ pointer }) => pointer).sort()).toEqual(['/from', '/limit', '/sight', '/state/0']);
    expect((await ops.call<ProblemBody>('GET', '/v1/deliveries?cursor=AAAA')).body.errors).toMatchObject([{ pointer: '/cursor' }]);
    expect((await ops.call<ProblemBody>('POST', '/v1/redeliveries', {})).body.code).toBe('validation-failed');
    expect((await ops.call<ProblemBody>('POST', '/v1/connections/acme-hubspot/isolate', {})).body.errors).toMatchObject([{ pointer: '/reason' }]);
    expect((await ops.call<ProblemBody>('GET', '/v1/redeliveries/7')).status).toBe(400);
    expect(crm.asked.length).toBe(before);
  });

  it('isolates at every replica of the service, in the name of the key', async () => {
    for (const replica of [crm, twin]) replica.on('isolate', ({ reason }) => ({ applied: true, state: 'isolated', reason }));
    const { status, body } = await ops.call<ControlView>('POST', '/v1/connections/acme-hubspot/isolate', { reason: 'moving' });
    expect([status, body]).toEqual([200, { service: 'crm-sync', connection: 'acme-hubspot', state: 'isolated', reason: 'moving', replicas: 2 }]);
    expect(crm.asked.at(-1)).toMatchObject({ subject: 'posthorn.operations.isolate', question: { actor: 'ada', service: 'crm-sync', connection: 'acme-hubspot' } });
    for (const replica of [crm, twin]) replica.on('release', () => ({ applied: false, state: 'isolated' }));
    expect((await ops.call<ProblemBody>('POST', '/v1/connections/acme-hubspot/release')).body.code).toBe('order-superseded');
    expect((await ops.call<ProblemBody>('POST', '/v1/connections/nobody/release')).body.code).toBe('connection-unknown');
  });

  it('has one replica check the credentials', async () => {
    for (const replica of [crm, twin]) replica.on('check', ({ instance }) => (instance === (replica === crm ? 'one' : 'two') ? { result: 'rejected', error: { code: 'CRM_CREDENTIALS_REJECTED', message: 'refused' }, tookMs: 12, state: 'parked' } : undefined));
    const { status, body } = await ops.call('POST', '/v1/connections/acme-hubspot/check');
    expect([status, body]).toMatchObject([200, { service: 'crm-sync', result: 'rejected', error: { code: 'CRM_CREDENTIALS_REJECTED' } }]);
  });

  it('counts first, then redelivers in the background, with progress of all services together', async () => {
    const share = { connection: 'acme-hubspot', site: 'acme', matched: 4 };
    const report = (question: Record<string, unknown>, state: string, redelivered: number) => ({ id: question['id'], actor: 'ada', state, perSecond: 20, matched: 4, redelivered, refused: 0, connections: [{ ...share, redelivered, refused: 0 }], startedAt: '2026-11-22T10:00:00.000Z', ...(state === 'finished' ? { endedAt: '2026-11-22T10:00:09.000Z' } : {}) });
    for (const replica of [crm, twin, mail]) {
      replica.on('redeliver', (question) => (question['preview'] === true ? { matched: [share] } : { redelivery: report(question, 'running', 0) }));
      replica.on('redelivery', (question) => ({ redelivery: report(question, replica === mail ? 'running' : 'finished', replica === mail ? 1 : 4) }));
    }
    const order = { site: 'acme', errorCode: 'CRM_REFUSED' };
    const preview = await ops.call<PreviewView>('POST', '/v1/redeliveries', { ...order, preview: true });
    expect([preview.status, preview.body.matched, preview.body.connections.length]).toEqual([200, 8, 2]);
    const started = await ops.call<RedeliveryView>('POST', '/v1/redeliveries', order);
    expect(started.status).toBe(202);
    expect(crm.asked.at(-1)!.question).toMatchObject({ actor: 'ada', filter: order, preview: false, perSecond: 20, id: started.body.id });
    const progress = await ops.call<RedeliveryView>('GET', started.headers.get('location')!);
    expect(progress.body).toMatchObject({ state: 'running', matched: 8, redelivered: 5, unanswered: [] });
    expect(progress.body.endedAt).toBeUndefined();
    await ops.call('DELETE', started.headers.get('location')!);
    expect(mail.asked.at(-1)!.question).toMatchObject({ stop: { actor: 'ada' } });
  });

  it('passes on what a service refuses', async () => {
    for (const replica of [crm, twin]) replica.on('redeliver', () => ({ problem: { code: 'NOT_REDELIVERABLE', message: 'Only what is dead.', remedy: 'Leave it out.' } }));
    const { status, body } = await ops.call<ProblemBody>('POST', '/v1/redeliveries', { service: 'crm-sync', states: ['delivered'] });
    expect([status, body.code, body.detail]).toEqual([422, 'operation-refused', 'Only what is dead. Leave it out.']);
  });
});
