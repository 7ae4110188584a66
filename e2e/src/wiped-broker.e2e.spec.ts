import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnPosthorn, startPosthorn } from './own-posthorn.fixture.js';
import { steadyLoad } from './steady-load.fixture.js';

const RATE_PER_SECOND = 40;

/** Longer than a comparison waits for what is on its way, and than services take to mend streams and consumers. */
const RECOVERY_MS = 90_000;

describe('kill -9 of NATS and the loss of its disk, twice, under load', () => {
  let posthorn: OwnPosthorn;
  beforeAll(async () => {
    posthorn = await startPosthorn();
  });
  afterAll(() => posthorn.stop());

  it('costs no accepted event: CRM, mail and audit log get each of them once, and nobody has to do anything', async () => {
    const load = steadyLoad(posthorn, RATE_PER_SECOND);
    await load.untilAccepted(80);
    // What these two would have had to fetch is nowhere but on that disk, and in the ledgers.
    await Promise.all([posthorn.halt('email'), posthorn.halt('audit')]);
    await load.untilAccepted(120);
    await posthorn.loseNats();
    await Promise.all([posthorn.resume('email'), posthorn.resume('audit')]);
    await load.untilAccepted(200);
    await posthorn.loseNats();
    await load.untilAccepted(200);
    const accepted = await load.stop();
    await posthorn.untilReady();

    const ids = new Set(accepted.map(({ id }) => id));
    await waitFor(async () => (await notedEvents()).size >= ids.size, { timeoutMs: RECOVERY_MS, everyMs: 500, describe: `${ids.size} enquiries in the CRM` });
    await waitFor(async () => (await confirmations()).length >= ids.size, { timeoutMs: RECOVERY_MS, everyMs: 500, describe: `${ids.size} confirmations` });
    await waitFor(async () => missingFrom(ids, await loggedEvents()).length === 0, { timeoutMs: RECOVERY_MS, everyMs: 500, describe: `${ids.size} events in the log` });
    await waitFor(async () => missingFrom(ids, await reportedEvents()).length === 0, { timeoutMs: RECOVERY_MS, everyMs: 500, describe: `${ids.size} outcomes in the log` });

    const { notes } = await posthorn.records('hubspot');
    expect(notes.length).toBe(ids.size);
    expect((await confirmations()).sort()).toEqual(accepted.map(({ email }) => email).sort());
    const logged = (await posthorn.entries({ type: 'lead.submitted' })).map(({ id }) => id);
    expect(logged.sort()).toEqual([...ids].sort());
  });

  /** The events whose enquiries are in the CRM. */
  async function notedEvents(): Promise<Set<unknown>> {
    return new Set((await posthorn.records('hubspot')).notes.map(({ properties }) => properties['posthorn_event_id']));
  }

  async function confirmations(): Promise<string[]> {
    return (await posthorn.mailRecipients()).filter((to) => to.startsWith('load-'));
  }

  async function loggedEvents(): Promise<Set<unknown>> {
    return new Set((await posthorn.entries({ type: 'lead.submitted' })).map(({ id }) => id));
  }

  /** The events of which the log knows that their enquiry was recorded. */
  async function reportedEvents(): Promise<Set<unknown>> {
    return new Set((await posthorn.entries({ type: 'crm.enquiry.recorded' })).map(({ data }) => (data as { event?: { id: string } }).event?.id));
  }
});

function missingFrom(wanted: ReadonlySet<string>, present: ReadonlySet<unknown>): string[] {
  return [...wanted].filter((id) => !present.has(id));
}
