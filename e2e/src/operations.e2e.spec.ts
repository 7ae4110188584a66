import { EXAMPLES } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

interface Redelivery {
  id: string;
  state: string;
  matched: number;
  redelivered: number;
}

describe('an operator', () => {
  const posthorn = sharedPosthorn();
  afterAll(async () => {
    await posthorn.mend('hubspot');
    await posthorn.operate('POST', '/v1/connections/acme-hubspot/release');
  });

  const connection = async (id: string) => {
    const { connections } = await posthorn.operate<{ connections: { connection: string; state: string; backlog: { pending: number; dead: number } }[] }>('GET', '/v1/connections');
    return connections.find((one) => one.connection === id);
  };

  it('isolates the CRM over a kill, releases it, and sends again in bulk what it had refused, while its service is killed', async () => {
    expect(await posthorn.operate('POST', '/v1/connections/acme-hubspot/check')).toMatchObject({ result: 'accepted' });
    await posthorn.operate('POST', '/v1/connections/acme-hubspot/isolate', { reason: 'the CRM is being moved' });
    const send = (n: number) => posthorn.send('lead.submitted', { ...EXAMPLES['lead.submitted'], person: { email: `operated-${n}@example.com`, locale: 'en' } });
    const sent = await Promise.all(Array.from({ length: 20 }, (_, n) => send(n)));
    await waitFor(async () => (await connection('acme-hubspot'))?.backlog.pending === 20, { timeoutMs: 60_000, describe: '20 waiting deliveries' });
    // What waits is in the books, and they balance meanwhile.
    await posthorn.books(({ balanced, totals }) => balanced && totals.some(({ service, inProgress }) => service === 'crm-sync' && inProgress >= 20));
    await posthorn.kill('crm-sync');
    await waitFor(async () => (await connection('acme-hubspot'))?.state === 'isolated', { timeoutMs: 60_000, describe: 'the isolation after the kill' });
    expect((await posthorn.records('hubspot')).contacts.filter(({ properties }) => properties['email']?.startsWith('operated-'))).toEqual([]);

    await posthorn.fault('hubspot', { kind: 'status', status: 400 });
    await posthorn.operate('POST', '/v1/connections/acme-hubspot/release');
    await waitFor(async () => (await connection('acme-hubspot'))?.backlog.dead === 20, { timeoutMs: 60_000, describe: '20 dead letters' });
    await posthorn.mend('hubspot');

    const criteria = { connection: 'acme-hubspot', perSecond: 10 };
    expect(await posthorn.operate('POST', '/v1/redeliveries', { ...criteria, preview: true })).toMatchObject({ matched: 20 });
    const started = await posthorn.operate<Redelivery>('POST', '/v1/redeliveries', criteria);
    await posthorn.kill('crm-sync');
    const ended = await waitFor(
      async () => {
        const progress = await posthorn.operate<Redelivery>('GET', `/v1/redeliveries/${started.id}`).catch(() => undefined);
        return progress?.state === 'finished' ? progress : undefined;
      },
      { timeoutMs: 60_000, describe: 'the end of the redelivery' },
    );
    expect(ended).toMatchObject({ matched: 20, redelivered: 20 });
    await Promise.all(sent.map(({ id }) => waitFor(() => posthorn.deliveryOf(id, 'crm-sync', 'delivered'), { timeoutMs: 60_000 })));
    const notes = (await posthorn.records('hubspot')).notes.map(({ properties }) => properties['posthorn_event_id']);
    expect(notes.filter((id) => sent.some((event) => event.id === id)).sort()).toEqual(sent.map(({ id }) => id).sort());

    const { totals } = await posthorn.books();
    for (const service of ['audit', 'crm-sync', 'email']) expect(totals.find((total) => total.service === service)).toMatchObject({ missing: 0, stale: false });

    for (const [verb, count] of [['isolate', 1], ['release', 1], ['check', 1], ['redelivery-started', 1], ['redelivery-finished', 1], ['redeliver', 20]] as const) {
      await waitFor(async () => (await posthorn.entries({ type: `crm-sync.operator.${verb}` })).length === count, { timeoutMs: 60_000, describe: `${count} × ${verb} in the audit log` });
    }
    const [isolation] = await posthorn.entries({ type: 'crm-sync.operator.isolate' });
    expect(isolation?.data).toMatchObject({ state: 'operated', connection: 'acme-hubspot', facts: { actor: 'operator', reason: 'the CRM is being moved' } });
  });
});
