import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnPosthorn, startPosthorn } from './own-posthorn.fixture.js';
import { steadyLoad } from './steady-load.fixture.js';

const RATE_PER_SECOND = 50;
/** Seven restarts under load: a minute on a quiet machine, several on a crowded one. */
const PATIENCE_MS = 300_000;

describe('kill -9 of each process in turn, under 50 events a second', () => {
  let posthorn: OwnPosthorn;
  beforeAll(async () => {
    posthorn = await startPosthorn();
  });
  afterAll(() => posthorn.stop());

  it('loses no accepted event and does nothing twice', async () => {
    const load = steadyLoad(posthorn, RATE_PER_SECOND);
    for (const victim of ['crm-sync', 'nats', 'email', 'postgres', 'audit', 'calendar', 'ingress'] as const) {
      await load.untilAccepted(60);
      await posthorn.kill(victim);
      await posthorn.untilReady();
    }
    await load.untilAccepted(60);
    const accepted = await load.stop();

    await waitFor(
      async () => {
        const { notes } = await posthorn.records('hubspot');
        return notes.length >= accepted.length && (await posthorn.entries({ type: 'crm.enquiry.recorded' })).length >= accepted.length;
      },
      { timeoutMs: 120_000, everyMs: 500, describe: `${accepted.length} enquiries in CRM and audit log` },
    );
    await waitFor(async () => (await posthorn.mailRecipients()).filter((to) => to.startsWith('load-')).length >= accepted.length, { timeoutMs: 120_000, everyMs: 500, describe: 'the confirmations' });

    const { contacts, notes } = await posthorn.records('hubspot');
    const inCrm = new Set(contacts.map((contact) => contact.properties['email']));
    expect(accepted.filter(({ email }) => !inCrm.has(email))).toEqual([]);
    // An event that was committed while its answer was cut off may be there too, but no note twice.
    expect(new Set(notes.map((note) => note.properties['posthorn_event_id'])).size).toBe(notes.length);
    const logged = new Set((await posthorn.entries({ type: 'lead.submitted' })).map(({ id }) => id));
    expect(accepted.filter(({ id }) => !logged.has(id))).toEqual([]);
  }, PATIENCE_MS);

  it('and loses nothing either that was accepted while the disk of NATS was lost, and asks nothing of the operator', async () => {
    await posthorn.loseNats();
    const emails = Array.from({ length: 10 }, (_, index) => `wiped-${index}@example.com`);
    for (const email of emails) await posthorn.send('lead.submitted', { person: { email } });
    await waitFor(
      async () => {
        const { contacts } = await posthorn.records('hubspot');
        const inCrm = contacts.map(({ properties }) => properties['email']);
        return emails.every((email) => inCrm.filter((one) => one === email).length === 1);
      },
      { timeoutMs: 60_000, everyMs: 250, describe: 'ten contacts' },
    );
    await posthorn.untilReady();
  });
});
