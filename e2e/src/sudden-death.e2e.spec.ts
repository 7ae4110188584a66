import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnPosthorn, startPosthorn } from './own-posthorn.fixture.js';
import { type AcceptedLead, steadyLoad } from './steady-load.fixture.js';

const RATE_PER_SECOND = 30;
/** A minute on a quiet machine, several on a crowded one. */
const PATIENCE_MS = 300_000;
/** Longer than a comparison waits for what is on its way, and than services take to mend streams and consumers. */
const RECOVERY_MS = 120_000;

describe('under a steady load', () => {
  let posthorn: OwnPosthorn;
  beforeAll(async () => {
    posthorn = await startPosthorn();
  });
  afterAll(() => posthorn.stop());

  it('kill -9 of each process in turn loses no accepted event and does nothing twice', async () => {
    const load = steadyLoad(posthorn, 'killed', RATE_PER_SECOND);
    for (const victim of ['crm-sync', 'nats', 'email', 'postgres', 'audit', 'calendar', 'ingress'] as const) {
      await load.untilAccepted(30);
      await posthorn.kill(victim);
      await posthorn.untilReady();
    }
    await load.untilAccepted(30);
    const accepted = await load.stop();

    await untilAllArrived(accepted);
    // An event that was committed while its answer was cut off may be there too, but no note twice.
    const noted = await notedEvents();
    expect(new Set(noted).size).toBe(noted.length);
  }, PATIENCE_MS);

  it('kill -9 of NATS and the loss of its disk, twice, costs no accepted event: each arrives once, and nobody has to do anything', async () => {
    const load = steadyLoad(posthorn, 'wiped', RATE_PER_SECOND);
    await load.untilAccepted(40);
    // What these two would have had to fetch is nowhere but on that disk, and in the ledgers.
    await Promise.all([posthorn.halt('email'), posthorn.halt('audit')]);
    await load.untilAccepted(60);
    await posthorn.loseNats();
    await Promise.all([posthorn.resume('email'), posthorn.resume('audit')]);
    await load.untilAccepted(100);
    await posthorn.loseNats();
    await load.untilAccepted(100);
    const accepted = await load.stop();
    await posthorn.untilReady();

    await untilAllArrived(accepted);
    const ids = new Set<unknown>(accepted.map(({ id }) => id));
    expect((await notedEvents()).filter((id) => ids.has(id))).toHaveLength(ids.size);
    expect((await confirmations()).filter((to) => to.startsWith('wiped-')).sort()).toEqual(accepted.map(({ email }) => email).sort());
    expect((await loggedEvents()).filter((id) => ids.has(id))).toHaveLength(ids.size);
  }, PATIENCE_MS);

  it('and costs nothing of what is accepted while NATS is away', async () => {
    await posthorn.loseNats();
    const accepted: AcceptedLead[] = [];
    for (let n = 1; n <= 10; n += 1) {
      const email = `away-${n}@example.com`;
      const { id } = await posthorn.send('lead.submitted', { person: { email } });
      accepted.push({ id, email });
    }
    await untilAllArrived(accepted);
    await posthorn.untilReady();
  }, PATIENCE_MS);

  it('leaves books that balance; a service that is stopped lacks in them what it has not heard of, until it is back', async () => {
    // Audit keeps the book of a service from when it first hears of it.
    const heard = await posthorn.send('lead.submitted', { person: { email: 'heard@example.com' } });
    await waitFor(() => posthorn.deliveryOf(heard.id, 'email', 'delivered'), { timeoutMs: RECOVERY_MS, describe: 'the mail that was heard of' });
    // Balanced is also what the books were before it: once halted, email could not tell any more that it has it.
    const delivered = new Date().toISOString();
    await posthorn.books(({ balanced, books }) => balanced && books.some(({ service, asOf }) => service === 'email' && asOf > delivered));
    await posthorn.halt('email');
    const { id } = await posthorn.send('lead.submitted', { person: { email: 'unheard@example.com' } });
    const lacking = await posthorn.books(({ totals }) => totals.some(({ service, missing }) => service === 'email' && missing > 0));
    expect(lacking.balanced).toBe(false);
    expect(lacking.totals.find(({ service }) => service === 'email')).toMatchObject({ missing: 1 });
    await posthorn.resume('email');
    await waitFor(() => posthorn.deliveryOf(id, 'email', 'delivered'), { timeoutMs: RECOVERY_MS, describe: 'the mail' });
    const { totals } = await posthorn.books();
    expect(totals.find(({ service }) => service === 'email')).toMatchObject({ missing: 0, stale: false });
  }, PATIENCE_MS);

  /** In the CRM, in the mailbox, and in the audit log with what became of them. */
  async function untilAllArrived(accepted: readonly AcceptedLead[]): Promise<void> {
    const ids = accepted.map(({ id }) => id);
    const emails = accepted.map(({ email }) => email);
    await untilNoneIsMissing(ids, notedEvents, 'enquiries in the CRM');
    await untilNoneIsMissing(emails, people, 'people in the CRM');
    await untilNoneIsMissing(emails, confirmations, 'confirmations');
    await untilNoneIsMissing(ids, loggedEvents, 'events in the log');
    await untilNoneIsMissing(ids, reportedEvents, 'outcomes in the log');
  }

  async function untilNoneIsMissing(wanted: readonly string[], look: () => Promise<unknown[]>, what: string): Promise<void> {
    let missing = wanted.length;
    const describe = (): string => `${wanted.length} ${what}; ${missing} are missing`;
    await waitFor(
      async () => {
        const present = new Set(await look());
        missing = wanted.filter((one) => !present.has(one)).length;
        return missing === 0;
      },
      { timeoutMs: RECOVERY_MS, everyMs: 1_000, describe },
    );
  }

  async function notedEvents(): Promise<unknown[]> {
    return (await posthorn.records('hubspot')).notes.map(({ properties }) => properties['posthorn_event_id']);
  }

  async function people(): Promise<unknown[]> {
    return (await posthorn.records('hubspot')).contacts.map(({ properties }) => properties['email']);
  }

  async function confirmations(): Promise<string[]> {
    return posthorn.mailRecipients();
  }

  async function loggedEvents(): Promise<string[]> {
    return (await posthorn.entries({ type: 'lead.submitted' })).map(({ id }) => id);
  }

  /** The events of which the log knows that their enquiry was recorded. */
  async function reportedEvents(): Promise<unknown[]> {
    return (await posthorn.entries({ type: 'crm.enquiry.recorded' })).map(({ data }) => (data as { event?: { id: string } }).event?.id);
  }
});
