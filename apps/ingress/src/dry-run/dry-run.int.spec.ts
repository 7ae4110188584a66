import { MAPPING_PREVIEW } from '@posthorn/contracts';
import { ensureTopology } from '@posthorn/messaging';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACME_KEY, lead, provisionIngress, startIngress, type TestIngress, WRITE_ONLY_KEY } from '../ingress.test-kit.js';

interface Asked {
  events: { id: string; type: string; data: unknown }[];
  mapped: boolean;
}

describe('POST /v1/events?dry_run', () => {
  let ingress: TestIngress;
  let nats: NatsConnection;
  let ledger: Client;
  let before: string;

  beforeAll(async () => {
    const [database, server] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, server.servers);
    await ensureTopology({ servers: server.servers }, { consumers: ['crm-sync', 'email'].map((durable) => ({ stream: 'EVENTS', durable })) });
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: server.servers });
    nats = await connect({ servers: server.servers });
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(async () => {
    await ingress.stop();
    await Promise.all([nats.close(), ledger.end()]);
  });
  beforeEach(async () => {
    before = await everything();
  });

  const everything = async (): Promise<string> => {
    const { rows } = await ledger.query('SELECT (SELECT count(*) FROM ledger) AS ledger, (SELECT count(*) FROM quarantine) AS quarantine');
    return JSON.stringify(rows);
  };
  const ask = async (body: unknown, headers: Record<string, string> = {}, query = 'dry_run'): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${ingress.url}/v1/events?${query}`, {
      method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${ACME_KEY}`, 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  /** A service that takes notes, in the packets of Nest's NATS transport. */
  async function service(name: string, asked: Asked[] = []): Promise<() => void> {
    const subscription = nats.subscribe(MAPPING_PREVIEW, {
      callback: (_, message) => {
        const { id, data } = message.json<{ id: string; data: Asked }>();
        asked.push(data);
        const receivers = data.events.map((event) => ({ eventId: event.id, connection: `${name}-1`, provider: 'p', action: 'do', ...(data.mapped ? { mapped: [{ does: 'note', with: event.data }] } : {}) }));
        message.respond(JSON.stringify({ id, response: { service: name, receivers }, isDisposed: true }));
      },
    });
    await nats.flush();
    return () => subscription.unsubscribe();
  }

  it('says what each service would do with the event, and does nothing', async () => {
    const stop = [await service('crm-sync'), await service('email')];
    const { status, body } = await ask(lead('dry@example.com'));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      valid: true, decision: 'accept', notAnswered: [], event: { type: 'lead.submitted', site: 'acme', source: '/sites/acme', data: lead('dry@example.com').data },
      receivers: ['crm-sync', 'email'].map((name) => ({ service: name, connection: `${name}-1`, provider: 'p', action: 'do', mapped: [{ does: 'note', with: lead('dry@example.com').data }] })),
    });
    expect(await everything()).toBe(before);
    for (const end of stop) end();
  });

  it('names within two seconds who did not answer', async () => {
    const stop = await service('crm-sync');
    const begun = performance.now();
    const { body } = await ask(lead(), {}, 'dry_run=true');
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(body).toMatchObject({ valid: true, receivers: [{ service: 'crm-sync' }], notAnswered: ['email'] });
    stop();
  });

  it('answers what is wrong as what would be refused, and asks nobody', async () => {
    const asked: Asked[] = [];
    const stop = await service('crm-sync', asked);
    expect((await ask(lead('nobody'))).body).toMatchObject({ valid: false, decision: 'refuse', problem: { status: 422, code: 'validation-failed', errors: [{ pointer: '/data/person/email' }] } });
    expect((await ask({ ...lead(), site: 'other' })).body).toMatchObject({ valid: false, problem: { code: 'site-mismatch' } });
    expect((await ask(7)).body).toMatchObject({ valid: false, problem: { errors: [{ pointer: '' }] } });
    expect(asked).toEqual([]);
    expect(await everything()).toBe(before);
    stop();
  });

  it('of a list answers for each in its place: whether, and to whom, without what', async () => {
    const asked: Asked[] = [];
    const stop = [await service('crm-sync', asked), await service('email')];
    const { body } = await ask([...Array.from({ length: 600 }, (_, n) => lead(`list-${n}@example.com`)), lead('nobody')]);
    const { results, ...rest } = body as { results: Record<string, unknown>[] };
    expect(rest).toMatchObject({ valid: 600, refused: 1, notAnswered: [] });
    expect(results[599]).toMatchObject({ index: 599, valid: true, receivers: [{ service: 'crm-sync' }, { service: 'email' }] });
    expect(results[600]).toMatchObject({ index: 600, valid: false, problem: { errors: [{ pointer: '/600/data/person/email' }] } });
    expect(asked.map(({ events, mapped }) => [events.length <= 250, mapped])).toEqual([[true, false], [true, false], [true, false]]);
    expect(await everything()).toBe(before);
    for (const end of stop) end();
  });

  it('is for keys that may ask what became of events: it tells what stands behind the site', async () => {
    const answer = await ask(lead(), { authorization: `Bearer ${WRITE_ONLY_KEY}` });
    expect([answer.status, answer.body]).toMatchObject([403, { code: 'scope-missing' }]);
  });

  it('in any other spelling accepts nothing', async () => {
    for (const query of ['dry_run=yes', 'dry_run=1&dry_run=2', 'dry_run=TRUE']) {
      const answer = await ask(lead(), {}, query);
      expect([answer.status, answer.body]).toMatchObject([400, { code: 'dry-run-malformed' }]);
    }
    expect(await everything()).toBe(before);
    expect((await ask(lead(), {}, 'dry_run=false')).status).toBe(202);
  });
});
