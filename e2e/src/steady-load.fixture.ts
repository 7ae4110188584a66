import { randomUUID } from 'node:crypto';
import { waitFor } from '@posthorn/testing';
import type { Posthorn } from './posthorn.fixture.js';

export interface AcceptedLead {
  id: string;
  email: string;
}

export interface SteadyLoad {
  /** Resolves when that many more leads have been accepted than at the call. */
  untilAccepted(more: number): Promise<void>;
  /** Stops sending; answers every lead that got its 202. */
  stop(): Promise<AcceptedLead[]>;
}

/** Sends leads of new people, name-1@example.com and so on, at a steady rate, as a website does that retries with its Idempotency-Key. */
export function steadyLoad(posthorn: Posthorn, name: string, perSecond: number): SteadyLoad {
  const accepted: AcceptedLead[] = [];
  const underway = new Set<Promise<void>>();
  let stopped = false;
  let sequence = 0;

  async function sendUntilAccepted(email: string): Promise<void> {
    const idempotencyKey = randomUUID();
    while (!stopped) {
      const answer = await posthorn
        .send('lead.submitted', { person: { email, locale: 'en' }, message: 'A steady stream of interest.' }, { idempotencyKey })
        .catch(() => undefined);
      if (answer !== undefined) {
        accepted.push({ id: answer.id, email });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  const timer = setInterval(() => {
    sequence += 1;
    const sending = sendUntilAccepted(`${name}-${sequence}@example.com`).finally(() => underway.delete(sending));
    underway.add(sending);
  }, 1_000 / perSecond);

  return {
    async untilAccepted(more) {
      const goal = accepted.length + more;
      await waitFor(() => accepted.length >= goal, { timeoutMs: 60_000, describe: () => `${goal} accepted events; there are ${accepted.length}` });
    },
    async stop() {
      clearInterval(timer);
      await waitFor(() => underway.size === 0, { timeoutMs: 30_000, describe: 'the last answers' });
      stopped = true;
      return accepted;
    },
  };
}
