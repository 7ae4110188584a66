import { EXAMPLES } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPosthorn, type Posthorn } from './posthorn.fixture.js';

describe('while the CRM is down', () => {
  let posthorn: Posthorn;
  beforeAll(async () => {
    posthorn = await startPosthorn();
  });
  afterAll(() => posthorn.stop());

  it('its breaker opens, everything else goes on, and all arrives after it is back: once, no attempt burnt', async () => {
    await posthorn.fault('hubspot', { kind: 'down' });
    const people = Array.from({ length: 30 }, (_, n) => `outage-${n}@example.com`);
    const sent = await Promise.all(
      people.map((email) => posthorn.send('lead.submitted', { ...EXAMPLES['lead.submitted'], person: { email, locale: 'en' } })),
    );

    await waitFor(async () => (await posthorn.entries({ type: 'crm-sync.circuit.opened' })).length > 0, { timeoutMs: 30_000, describe: 'the open breaker' });
    await waitFor(async () => (await posthorn.mailRecipients()).filter((to) => to.startsWith('outage-')).length === people.length, { timeoutMs: 30_000, describe: 'the confirmations' });
    expect((await posthorn.records('hubspot')).contacts).toEqual([]);

    await posthorn.mend('hubspot');
    await waitFor(async () => (await posthorn.records('hubspot')).notes.length >= people.length, { timeoutMs: 90_000, describe: 'the enquiries in the CRM' });

    const { contacts, notes } = await posthorn.records('hubspot');
    expect(contacts.map((contact) => contact.properties['email']).sort()).toEqual([...people].sort());
    expect(notes.length).toBe(people.length);

    // Every attempt is a call that was made: what an open breaker refused was never counted as one.
    const states = await Promise.all(sent.map(({ id }) => waitFor(() => posthorn.deliveryOf(id, 'crm-sync', 'delivered'))));
    const attempts = states.reduce((sum, state) => sum + state.attempts, 0);
    const refusedCalls = attempts - people.length;
    expect(refusedCalls).toBeLessThan(people.length);
  });
});
