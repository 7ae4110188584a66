import { setTimeout as pause } from 'node:timers/promises';
import { type Access } from '../client.settings.js';
import { eventOf } from './load.events.js';
import { chanceOf } from './seeded.chance.js';
import { Turnstile } from './turnstile.js';

export interface Acceptance {
  id: string;
  type: string;
  /** By ingress's clock. */
  acceptedAt: string;
  /** Since the first try. */
  waitedMs: number;
}

/** What a website cannot make sense of. */
export interface Complaint {
  verdict: 'duplicate' | 'unexplained';
  type: string;
  why: string;
}

const TRY_MS = 10_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** How often a website asks again although it was answered: the answer may have got lost on its way to the shop. */
const REPEATED = 0.02;
const AT_ONCE = 64;

type Answer = { status: number; body: { id?: string; acceptedAt?: string; title?: string; detail?: string }; retryAfterMs: number };

/** The website: each event under an Idempotency-Key of its own, until it is accepted. Writes down what it was told and nothing else. */
export class LoadClient {
  readonly accepted: Acceptance[] = [];
  readonly complaints: Complaint[] = [];
  tries = 0;
  /** Events that are not accepted yet. */
  trying = 0;
  /** Given up without an answer: they may have been heard all the same. */
  abandoned = 0;
  private readonly turnstile = new Turnstile(AT_ONCE);
  private readonly givenUp = new AbortController();

  /** `run` makes the keys those of this drill alone: the same seed twice is twice as many events. */
  constructor(
    private readonly ingress: Access,
    private readonly seed: number,
    private readonly run: string,
  ) {}

  /** The first, before the others: undefined when it is not accepted. */
  async sendFirst(): Promise<Acceptance | undefined> {
    await this.tell(0);
    return this.accepted[0];
  }

  /** The others at a steady rate; resolves when the last one is on its way. */
  async send(seconds: number, rate: number, stop: AbortSignal): Promise<void> {
    const began = performance.now();
    for (let index = 1; index < seconds * rate; index += 1) {
      const early = began + (index * 1_000) / rate - performance.now();
      if (early > 0) await pause(early, undefined, { signal: stop }).catch(() => undefined);
      if (stop.aborted) return;
      void this.tell(index);
    }
  }

  giveUp(): void {
    this.givenUp.abort();
  }

  private async tell(index: number): Promise<void> {
    this.trying += 1;
    await this.sendTwice(index).finally(() => (this.trying -= 1));
  }

  /** Now and then; mostly once. */
  private async sendTwice(index: number): Promise<void> {
    const { type, data } = eventOf(this.seed, index);
    const key = `${this.run}-${index}`;
    const body = JSON.stringify({ type, data, correlationid: this.run });
    const began = performance.now();
    const first = await this.untilAccepted(type, key, body);
    if (first === undefined) return;
    this.accepted.push({ ...first, type, waitedMs: performance.now() - began });
    if (chanceOf(this.seed, `repeat ${index}`) >= REPEATED) return;
    const again = await this.untilAccepted(type, key, body);
    if (again === undefined || again.id === first.id) return;
    this.complaints.push({ verdict: 'duplicate', type, why: `Idempotency-Key ${key} was answered with ${first.id}, and repeated with ${again.id}` });
  }

  private async untilAccepted(type: string, key: string, body: string): Promise<{ id: string; acceptedAt: string } | undefined> {
    let last = 'no answer';
    for (let wait = FIRST_WAIT_MS; !this.givenUp.signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const answer = await this.turnstile.pass(() => this.post(key, body)).catch(() => undefined);
      if (answer?.status === 202 && answer.body.id !== undefined) return { id: answer.body.id, acceptedAt: answer.body.acceptedAt ?? '' };
      if (answer !== undefined) last = `${answer.status} ${answer.body.detail ?? answer.body.title ?? ''}`.trim();
      if (answer !== undefined && isFinal(answer.status)) {
        this.complaints.push({ verdict: 'unexplained', type, why: `refused: ${last}` });
        return undefined;
      }
      const backoff = (0.5 + Math.random() / 2) * wait;
      await pause(Math.max(backoff, answer?.retryAfterMs ?? 0), undefined, { signal: this.givenUp.signal }).catch(() => undefined);
    }
    this.abandoned += 1;
    this.complaints.push({ verdict: 'unexplained', type, why: `not accepted to the end, under ${key}; last: ${last}` });
    return undefined;
  }

  private async post(key: string, body: string): Promise<Answer> {
    this.tries += 1;
    const response = await fetch(`${this.ingress.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.ingress.key}`, 'content-type': 'application/json', 'idempotency-key': key },
      body,
      signal: AbortSignal.any([AbortSignal.timeout(TRY_MS), this.givenUp.signal]),
    });
    const retryAfter = Number(response.headers.get('retry-after') ?? 0);
    const text = await response.text();
    // A proxy in front answers pages.
    const parsed = text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {};
    return { status: response.status, body: parsed, retryAfterMs: Number.isFinite(retryAfter) ? Math.min(retryAfter * 1_000, LONGEST_WAIT_MS) : 0 };
  }
}

/** What the same request will not change. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429;
