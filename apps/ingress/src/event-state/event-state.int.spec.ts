import { DELIVERIES_OF_EVENT, newId } from '@posthorn/contracts';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACME_KEY, lead, OTHER_KEY, provisionIngress, startIngress, type TestIngress, WRITE_ONLY_KEY } from '../ingress.test-kit.js';

const delivered = {
  connection: 'acme-hubspot', action: 'sync-lead', state: 'delivered', attempts: 1, externalId: '7', updatedAt: '2026-05-01T10:00:00.000Z',
};

describe('GET /v1/events/{id}', () => {
  let ingress: TestIngress;
  let nats: NatsConnection;
  let id: string;

  beforeAll(async () => {
    const [database, server] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, server.servers);
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: server.servers });
    nats = await connect({ servers: server.servers });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
    ({ id } = (await (await ingress.submit(lead())).json()) as { id: string });
  });
  afterAll(async () => {
    await ingress.stop();
    await nats.close();
  });

  // A service's answer, in the packets of Nest's NATS transport.
  function answerAs(service: string, deliveries: unknown) {
    return nats.subscribe(DELIVERIES_OF_EVENT, {
      callback: (_, message) => {
        const { id: packet, data } = message.json<{ id: string; data: { eventId: string } }>();
        message.respond(JSON.stringify({ id: packet, response: { service, deliveries, eventId: data.eventId }, isDisposed: true }));
      },
    });
  }

  it('tells what the ledger knows, and that nobody answered, while no service is there', async () => {
    const answer = await ingress.get(`/v1/events/${id}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id, type: 'lead.submitted', site: 'acme', servicesReachable: false, services: [] });
  });

  it('puts the services’ answers together, one a service, and leaves out what is malformed', async () => {
    const services = [answerAs('email', []), answerAs('crm-sync', [delivered]), answerAs('crm-sync', [delivered]), answerAs('broken', 'nonsense')];
    await nats.flush();
    const state = await waitFor(async () => {
      const answer = (await (await ingress.get(`/v1/events/${id}`)).json()) as { servicesReachable: boolean; services: unknown };
      return answer.servicesReachable ? answer : undefined;
    });
    expect(state.services).toEqual([{ service: 'crm-sync', deliveries: [delivered] }, { service: 'email', deliveries: [] }]);
    for (const subscription of services) subscription.unsubscribe();
  });

  it('shows a site its own events only; another’s is as unknown as none', async () => {
    const theirs = await ingress.get(`/v1/events/${id}`, { authorization: `Bearer ${OTHER_KEY}` });
    const none = await ingress.get(`/v1/events/${newId()}`, { authorization: `Bearer ${ACME_KEY}` });
    expect([theirs.status, none.status]).toEqual([404, 404]);
    expect(await theirs.text()).toBe(await none.text());
  });

  it('is not for keys that may only submit', async () => {
    const authorization = `Bearer ${WRITE_ONLY_KEY}`;
    expect((await ingress.submit(lead(), { authorization })).status).toBe(202);
    expect((await ingress.get(`/v1/events/${id}`, { authorization })).status).toBe(403);
  });
});
