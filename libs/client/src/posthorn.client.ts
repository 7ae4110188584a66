import type { EventDataOf, EventName } from './event.types.js';
import { batchesOf, failed, type Fate, fatesOf, isAboutEach, type Item } from './batch.js';
import { isPassing, pause, retryAfterOf, waitBefore } from './patience.js';
import { isObject, PosthornProblem, PosthornUnreachable } from './posthorn.errors.js';

export interface PosthornOptions {
  /** Of ingress, such as https://events.acme.example. */
  url: string;
  key: string;
  /** For one attempt. Default 10 seconds. */
  timeoutMs?: number;
  /** For all attempts of a call: none begins after it. Default a minute; 0 makes it one attempt. */
  retryForMs?: number;
  fetch?: typeof globalThis.fetch;
}

interface Attributes {
  /** Under which a repetition is known for one. Default: a fresh key for each call, kept over its attempts. */
  idempotencyKey?: string;
  /** When it happened, RFC 3339. Default now. */
  time?: string;
  /** What it is about, such as an order number. Never personal. */
  subject?: string;
  source?: string;
  correlationId?: string;
  causationId?: string;
}

interface Attempts {
  /** Ends the attempts; the call rejects with the signal's reason. */
  signal?: AbortSignal;
  traceparent?: string;
}

export interface SendOptions extends Attributes, Attempts {}

export type EventToSend = { [T in EventName]: { type: T; data: EventDataOf<T> } & Attributes }[EventName];

export interface Accepted {
  id: string;
  acceptedAt: string;
  /** Whether it had been accepted before, under the same key. */
  replayed: boolean;
}

export interface BatchResult {
  accepted: number;
  refused: number;
  /** Not taken in all the time there was; to be sent again under their keys. */
  failed: number;
  /** One for each event, in their order. */
  results: Fate[];
}

interface Call extends Attempts {
  body: string;
  idempotencyKey?: string;
}

/** Sends events, each until it is accepted or refused. */
export class Posthorn {
  private readonly endpoint: URL;
  private readonly fetch: typeof globalThis.fetch;
  private readonly timeoutMs: number;
  private readonly retryForMs: number;

  constructor(private readonly options: PosthornOptions) {
    const { url, key } = options;
    this.endpoint = new URL('v1/events', url.endsWith('/') ? url : `${url}/`);
    if (!/^https?:$/.test(this.endpoint.protocol)) throw new TypeError('The url must begin with https:// or http://.');
    if (key === '') throw new TypeError('The key is empty.');
    if ('document' in globalThis && /^ph_(?:secret|sk)_/.test(key)) throw new TypeError('A secret key is not for web pages, where everybody can read it. Make one of the kind browser.');
    // Browsers want to have it called on the window.
    this.fetch = options.fetch ?? ((...call) => globalThis.fetch(...call));
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.retryForMs = options.retryForMs ?? 60_000;
  }

  /** Resolves once the event is committed. Rejects with PosthornProblem when it is refused, with PosthornUnreachable when time is up. */
  async send<T extends EventName>(type: T, data: EventDataOf<T>, options: SendOptions = {}): Promise<Accepted> {
    const { idempotencyKey = newKey(), ...rest } = options;
    const { response, body } = await this.call({ ...rest, idempotencyKey, body: JSON.stringify(submissionOf({ type, data, ...rest })) });
    if (!response.ok) throw new PosthornProblem(response.status, body);
    const { id, acceptedAt } = body as { id: string; acceptedAt: string };
    return { id, acceptedAt, replayed: response.headers.get('idempotent-replayed') === 'true' };
  }

  /**
   * Sends any number of events, a thousand at a time, and again those that could not be taken at once. Each has a fate of
   * its own: rejects only when the first list is refused as a whole, such as for its key, and when the signal is aborted.
   */
  async sendBatch(events: readonly EventToSend[], options: Attempts = {}): Promise<BatchResult> {
    // Made once, so that whatever is sent again is the same to the byte.
    const items = events.map((event, index): Item => {
      const idempotencyKey = event.idempotencyKey ?? newKey();
      return { index, idempotencyKey, text: JSON.stringify({ ...submissionOf(event), idempotencyKey }) };
    });
    const results: Fate[] = [];
    for (const batch of batchesOf(items)) {
      const fates = await this.settle(batch, options).catch((error: unknown) => {
        if (!(error instanceof PosthornProblem) || results.length === 0) throw error;
        return batch.map(({ index }): Fate => ({ index, status: 'refused', error }));
      });
      results.push(...fates);
    }
    results.sort((a, b) => a.index - b.index);
    const count = (wanted: Fate['status']): number => results.filter(({ status }) => status === wanted).length;
    return { accepted: count('accepted'), refused: count('refused'), failed: count('failed'), results };
  }

  private async settle(batch: readonly Item[], options: Attempts): Promise<Fate[]> {
    const deadline = Date.now() + this.retryForMs;
    const settled: Fate[] = [];
    let waiting = batch;
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.call({ ...options, body: `[${waiting.map(({ text }) => text).join(',')}]` }, deadline).catch((error: unknown) => {
        if (error instanceof PosthornUnreachable) return error;
        throw error;
      });
      if (answer instanceof PosthornUnreachable) return [...settled, ...waiting.map((item) => failed(item, answer.attempts, answer.cause))];
      const fates = fatesOf(waiting, answer.body);
      if (fates === undefined) throw new PosthornProblem(answer.response.status, answer.body);
      const wait = waitBefore(attempt, retryAfterOf(answer.response.headers));
      const later = Date.now() + wait > deadline ? [] : waiting.filter((_, place) => fates[place]?.status === 'failed');
      settled.push(...fates.filter(({ index }) => !later.some((item) => item.index === index)));
      if (later.length === 0) return settled;
      waiting = later;
      await pause(wait, options.signal);
    }
  }

  /** Until there is an answer that will stay, or one about each event of a list. */
  private async call(call: Call, deadline = Date.now() + this.retryForMs): Promise<{ response: Response; body: unknown }> {
    for (let attempt = 0; ; attempt += 1) {
      let failure: unknown;
      let retryAfterMs = 0;
      try {
        const response = await this.post(call);
        const text = await response.text();
        const body = parsed(text);
        if (response.ok ? isObject(body) : !isPassing(response.status) || isAboutEach(body)) return { response, body };
        failure = response.ok ? new TypeError('The answer is not one of Posthorn.') : new PosthornProblem(response.status, body);
        retryAfterMs = retryAfterOf(response.headers);
      } catch (error) {
        if (call.signal?.aborted === true) throw call.signal.reason;
        failure = error;
      }
      const wait = waitBefore(attempt, retryAfterMs);
      if (Date.now() + wait > deadline) throw new PosthornUnreachable(call.idempotencyKey, attempt + 1, failure);
      await pause(wait, call.signal);
    }
  }

  private post({ body, idempotencyKey, traceparent, signal }: Call): Promise<Response> {
    const timeout = AbortSignal.timeout(this.timeoutMs);
    return this.fetch(this.endpoint, {
      method: 'POST',
      body,
      headers: {
        authorization: `Bearer ${this.options.key}`,
        'content-type': 'application/json',
        accept: 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      // Followed, a POST may become a GET, and the key goes where it was not meant for.
      redirect: 'error',
      credentials: 'omit',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
  }
}

function submissionOf({ type, data, time, subject, source, correlationId, causationId }: { type: string; data: unknown } & Attributes): Record<string, unknown> {
  // No time of its own: whoever sends it again under the same key has to send the same.
  return { type, data, time, subject, source, correlationid: correlationId, causationid: causationId };
}

function newKey(): string {
  // Unlike randomUUID, browsers have this on pages without TLS as well.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
