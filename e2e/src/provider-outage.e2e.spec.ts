import { EXAMPLES } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

describe('while the CRM is down', () => {
  const posthorn = sharedPosthorn();
  afterAll(() => posthorn.mend('hubspot'));

  const sentIds = new Set<unknown>();
  const told = async (of: 'opened' | 'half-opened'): Promise<number> => (await posthorn.entries({ type: `crm-sync.circuit.${of}` })).length;
  /** How many attempts the deliveries to the CRM have had, whatever came of them. */
  async function attempts(ids: readonly string[]): Promise<number> {
    // A service that is too busy to answer in time would seem to have attempted nothing.
    const deliveries = await Promise.all(ids.map((id) => waitFor(async () => (await posthorn.stateOf(id)).services.find(({ service }) => service === 'crm-sync')?.deliveries, { describe: 'crm-sync to answer' })));
    return deliveries.flat().reduce((sum, delivery) => sum + delivery.attempts, 0);
  }
  /** What the CRM has of the people and enquiries of this outage. */
  async function inCrm(): Promise<{ people: unknown[]; enquiries: number }> {
    const { contacts, notes } = await posthorn.records('hubspot');
    const people = contacts.map(({ properties }) => properties['email']).filter((email) => email?.startsWith('outage-'));
    return { people, enquiries: notes.filter(({ properties }) => sentIds.has(properties['posthorn_event_id'])).length };
  }

  it('its breaker opens, everything else goes on, and all arrives after it is back: once, no attempt burnt', async () => {
    const openedBefore = await told('opened');
    await posthorn.fault('hubspot', { kind: 'down' });
    const people = Array.from({ length: 30 }, (_, n) => `outage-${n}@example.com`);
    const sent = await Promise.all(
      people.map((email) => posthorn.send('lead.submitted', { ...EXAMPLES['lead.submitted'], person: { email, locale: 'en' } })),
    );
    for (const { id } of sent) sentIds.add(id);
    await waitFor(async () => (await told('opened')) > openedBefore, { timeoutMs: 60_000, describe: 'the open breaker' });
    await waitFor(async () => (await posthorn.mailRecipients()).filter((to) => to.startsWith('outage-')).length === people.length, { timeoutMs: 60_000, describe: 'the confirmations' });
    expect(await inCrm()).toEqual({ people: [], enquiries: 0 });
    // How many calls failed until the breaker opened depends on how many went well just before.
    const ids = sent.map(({ id }) => id);
    const [attemptsWhenOpen, probesBefore] = [await attempts(ids), await told('half-opened')];

    await posthorn.mend('hubspot');
    await waitFor(async () => (await inCrm()).enquiries >= people.length, { timeoutMs: 90_000, describe: 'the enquiries in the CRM' });

    const { people: arrived, enquiries } = await inCrm();
    expect(arrived.sort()).toEqual([...people].sort());
    expect(enquiries).toBe(people.length);

    // Every attempt is a call that was made, and an open breaker lets one through now and then: what it refused was never counted.
    await Promise.all(ids.map((id) => waitFor(() => posthorn.deliveryOf(id, 'crm-sync', 'delivered'))));
    const refused = (await attempts(ids)) - attemptsWhenOpen - people.length;
    expect(refused).toBeLessThanOrEqual((await told('half-opened')) - probesBefore);
  });
});
