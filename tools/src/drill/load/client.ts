import { randomUUID } from 'node:crypto';
import { Agent, request, type RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import type { AcceptedEvent, Journal } from '../checker/journal.js';
import { Random } from '../random.js';
import { type Story, storyOf } from './story.js';

export interface ClientOptions {
  url: string;
  siteKey: string;
  rate: number;
  seed: number;
  /** How long one call may take, 6 s unless given; then it is made again. */
  patienceMs?: number;
}

interface Answer {
  status: number;
  body: string;
}

const TICK_MS = 20;
const PATIENCE_MS = 6_000;
/** Calls under way at a time. What waits for its turn is not impatient yet: a call given up in the queue would only be sent twice. */
const CALLS_AT_ONCE = 64;
/** As a patient website would; a crowd that knocks more often takes from those inside the machine they need. */
const LONGEST_WAIT_MS = 3_000;
/** How often a client asks again although it was answered: the answer may have got lost on its way to the shop. */
const REPEATED = 0.02;
const REFUSALS_KEPT = 20;

/**
 * The websites: sends events at a steady rate, each until it is accepted, under one Idempotency-Key. It writes down
 * what was accepted and nothing else, so what it says cannot come from Posthorn's own books.
 */
export class LoadClient {
  readonly accepted: AcceptedEvent[] = [];
  readonly refused: string[] = [];
  readonly contradictions: string[] = [];
  tries = 0;
  inFlight = 0;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CALLS_AT_ONCE });
  private readonly random: Random;
  private readonly waiting: (() => void)[] = [];
  private calls = 0;
  private readonly continuing: { story: Story; step: number; dueAt: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private stories = 0;
  private givenUp = false;
  private readonly request: RequestOptions;
  /** As a list Node writes them down as they are, and none of them for a second time. */
  private readonly headers: readonly string[];

  constructor(private readonly options: ClientOptions) {
    this.random = new Random(options.seed, 'client');
    const url = new URL(`${options.url}/v1/events`);
    this.request = { ...urlToHttpOptions(url), method: 'POST', agent: this.agent };
    this.headers = ['host', url.host, 'content-type', 'application/json', 'authorization', `Bearer ${options.siteKey}`];
  }

  start(): void {
    const began = performance.now();
    let sent = 0;
    this.timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) * this.options.rate) / 1_000);
      for (; sent < due; sent += 1) this.sendNext();
    }, TICK_MS);
  }

  /** Sends nothing new; what was begun goes on until it is accepted. */
  stop(): void {
    clearInterval(this.timer);
  }

  giveUp(): void {
    this.stop();
    this.givenUp = true;
    this.agent.destroy();
  }

  journal(): Journal {
    return { accepted: this.accepted, unanswered: this.inFlight, refused: this.refused, contradictions: this.contradictions };
  }

  private sendNext(): void {
    const now = performance.now();
    const place = this.continuing.findIndex(({ dueAt }) => dueAt <= now);
    const next = place < 0 ? { story: storyOf(this.options.seed, this.stories++), step: 0 } : this.continuing.splice(place, 1)[0];
    if (next === undefined) return;
    this.inFlight += 1;
    void this.tell(next.story, next.step).finally(() => (this.inFlight -= 1));
  }

  private async tell(story: Story, index: number): Promise<void> {
    const step = story.steps[index];
    if (step === undefined) return;
    const key = randomUUID();
    const body = JSON.stringify(step.event);
    const id = await this.untilAccepted(key, body);
    if (id === undefined) return;
    this.accepted.push({ id, key, type: step.event.type, story: story.name, step: index, person: story.person, acceptedAt: Date.now(), ...step.traces });
    if (index + 1 < story.steps.length) this.continuing.push({ story, step: index + 1, dueAt: performance.now() + this.random.between(200, 4_000) });
    if (!this.random.chance(REPEATED)) return;
    const again = await this.untilAccepted(key, body);
    if (again !== undefined && again !== id) this.contradictions.push(`Idempotency-Key ${key} was answered with ${id} and with ${again}`);
  }

  private async untilAccepted(key: string, body: string): Promise<string | undefined> {
    for (let wait = 100; !this.givenUp; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const answer = await this.inTurn(() => this.post(key, body)).catch(() => undefined);
      if (answer?.status === 202) {
        const id = idIn(answer.body);
        if (id !== undefined) return id;
      } else if (answer !== undefined && answer.status < 500 && answer.status !== 429) {
        if (this.refused.length < REFUSALS_KEPT) this.refused.push(`${answer.status}: ${answer.body.slice(0, 500)}`);
        return undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, this.random.between(0.5, 1) * wait));
    }
    return undefined;
  }

  private async inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (this.calls >= CALLS_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.calls += 1;
    try {
      if (this.givenUp) throw new Error('The drill has ended.');
      this.tries += 1;
      return await call();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.calls -= 1;
      else next();
    }
  }

  private post(key: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = [...this.headers, 'content-length', String(Buffer.byteLength(body)), 'idempotency-key', key];
      const call = request({ ...this.request, headers });
      // A signal for each call would cost more than everything else that is done for it here.
      const patience = setTimeout(() => call.destroy(new Error('No answer came in time.')), this.options.patienceMs ?? PATIENCE_MS);
      call.once('error', (error) => {
        clearTimeout(patience);
        reject(error);
      });
      call.once('response', (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.once('close', () => {
          clearTimeout(patience);
          if (answer.complete) resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString() });
          else reject(new Error('The answer was cut off.'));
        });
      });
      call.end(body);
    });
  }
}

function idIn(body: string): string | undefined {
  try {
    const { id } = JSON.parse(body) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
