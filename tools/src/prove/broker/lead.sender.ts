import { randomUUID } from 'node:crypto';

/** A website that sends leads at a steady rate, and repeats under the same key only what was answered 503. */
export class LeadSender {
  /** Ids of the events that were answered 202. */
  readonly accepted = new Set<string>();
  /** How many tries were answered otherwise, or not at all. */
  refused = 0;
  private stopped = false;
  private number = 0;

  constructor(
    private readonly ingressUrl: string,
    private readonly key: string,
  ) {}

  /** Resolves when everything that was begun before `stop` has been accepted. */
  async start(perSecond: number): Promise<void> {
    const underway = new Set<Promise<void>>();
    while (!this.stopped) {
      const one = this.untilAccepted().finally(() => underway.delete(one));
      underway.add(one);
      await pause(1_000 / perSecond);
    }
    await Promise.all(underway);
  }

  stop(): void {
    this.stopped = true;
  }

  /** One try of one event; answers the status, 0 when there was no answer. */
  async submit(idempotencyKey: string = randomUUID(), number = (this.number += 1)): Promise<number> {
    const body = JSON.stringify({ type: 'lead.submitted', data: { person: { email: `broker-${number}@drill.example` }, message: 'Hello' } });
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
    try {
      const response = await fetch(`${this.ingressUrl}/v1/events`, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
      const answer = (await response.json()) as { id?: string };
      if (response.status === 202 && answer.id !== undefined) this.accepted.add(answer.id);
      else this.refused += 1;
      return response.status;
    } catch {
      this.refused += 1;
      return 0;
    }
  }

  private async untilAccepted(): Promise<void> {
    const [key, number] = [randomUUID(), (this.number += 1)];
    while ((await this.submit(key, number)) !== 202) await pause(500);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
