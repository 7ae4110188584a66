import { KeptSubmissions, type Submission } from './kept.submissions.js';

/** What Posthorn answers; a form's answer has words for its visitor. */
export interface Answer {
  id?: string;
  thanks?: string;
  visitor?: { title: string; body: string; list?: { field?: string; text: string }[] };
  [member: string]: unknown;
}

/**
 * `kept`: not accepted yet, and sent again by itself; `stored` says whether also after this page is closed.
 * `waiting`: for consent, in this page's memory alone.
 */
export type Fate = { state: 'accepted' | 'refused'; answer: Answer } | { state: 'kept'; stored: boolean } | { state: 'waiting' };

export interface Consent {
  purposes: string[];
  wordingVersion?: string;
  time?: string;
  way?: string;
}

export const EVENTS = 'v1/events';
const FORM = 'application/x-www-form-urlencoded';
const TIMEOUT_MS = 30_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;
/** Browsers take 64 KiB at once of what may outlive its page. */
const MOST_KEPT_ALIVE = 60_000;

type Listener = (fate: Fate) => void;

/** Its body is made when it may be sent: what was agreed to is a part of it. */
export type NewSubmission = Omit<Submission, 'until' | 'body'> & { body: () => string };

/** Sends submissions until they are accepted or refused: now, when the network is back, from the next page. */
export class Sender {
  consent: Consent | undefined;
  private readonly kept: KeptSubmissions;
  private readonly open = new Map<string, { submission: Submission; listener?: Listener | undefined }>();
  private readonly onTheWay = new Set<string>();
  private waiting: { id: string; submission: NewSubmission; listener: Listener }[] = [];
  private failures = 0;
  private retryAfterMs = 0;
  private timer = 0;

  constructor(
    private readonly base: string,
    private readonly key: string,
  ) {
    this.kept = new KeptSubmissions(base);
    addEventListener('online', () => this.resume());
    addEventListener('pagehide', () => this.leave());
  }

  /** `id` is the idempotency key: the same again is the same event. Tells of every change. */
  send(id: string, made: NewSubmission, listener: Listener): void {
    if (!this.isAllowed(made)) {
      this.waiting.push({ id, submission: made, listener });
      listener({ state: 'waiting' });
      return;
    }
    const submission = KeptSubmissions.lasting({ ...made, body: made.body() });
    this.open.set(id, { submission, listener });
    const stored = this.kept.keep(id, submission);
    void this.attempt(id, submission).then((passed) => {
      if (passed) return;
      listener({ state: 'kept', stored });
      this.later();
    });
  }

  /** Replaces what was agreed to before. What is no longer agreed to is forgotten, what is now is sent. */
  agree(consent: Consent): void {
    this.consent = consent;
    for (const [id, submission] of this.all()) {
      if (this.isAllowed(submission)) continue;
      this.kept.drop(id);
      this.open.delete(id);
    }
    const waiting = this.waiting;
    this.waiting = [];
    for (const { id, submission, listener } of waiting) this.send(id, submission, listener);
    this.resume();
  }

  /** Whatever is kept, of other pages too, one after the other; by one page at a time where browsers can tell. */
  resume(): void {
    clearTimeout(this.timer);
    const run = async (): Promise<void> => {
      for (const [id, submission] of this.all()) {
        if (!this.isAllowed(submission) || this.onTheWay.has(id) || (await this.attempt(id, submission))) continue;
        this.later();
        return;
      }
    };
    const locks = navigator.locks as LockManager | undefined;
    if (locks) void locks.request(`posthorn ${this.base}`, { ifAvailable: true }, (lock) => lock && run());
    else void run();
  }

  private all(): [string, Submission][] {
    const mine = [...this.open].map(([id, { submission }]): [string, Submission] => [id, submission]);
    return [...this.kept.all().filter(([id]) => !this.open.has(id)), ...mine];
  }

  /** Whether the purpose is agreed to, if there is one. */
  isAllowed({ purpose }: { purpose?: string | null | undefined }): boolean {
    return !purpose || this.consent?.purposes.includes(purpose) === true;
  }

  /** Whether it is settled. */
  private async attempt(id: string, submission: Submission): Promise<boolean> {
    this.onTheWay.add(id);
    try {
      const response = await this.post(id, submission);
      const { ok, status } = response;
      const answer = (await response.json().catch(() => ({}))) as Answer;
      // A page of somebody else's is no acceptance, and a key that is not known can be put right.
      if (ok ? !answer.id : status >= 500 || [401, 408, 429].includes(status)) {
        this.retryAfterMs = Number(response.headers.get('retry-after')) * 1_000 || 0;
        return false;
      }
      this.failures = 0;
      this.settle(id, { state: ok ? 'accepted' : 'refused', answer });
      return true;
    } catch {
      return false;
    } finally {
      this.onTheWay.delete(id);
    }
  }

  private settle(id: string, fate: Fate): void {
    this.kept.drop(id);
    const listener = this.open.get(id)?.listener;
    this.open.delete(id);
    listener?.(fate);
  }

  private post(id: string, { path, body }: Submission): Promise<Response> {
    const isEvent = path === EVENTS;
    const headers: Record<string, string> = isEvent ? { authorization: `Bearer ${this.key}`, 'idempotency-key': id, 'content-type': 'application/json' } : { 'content-type': FORM };
    return fetch(this.base + path, {
      method: 'POST',
      body,
      headers: { ...headers, accept: 'application/json' },
      credentials: 'omit',
      // It goes on when the page is left.
      keepalive: new Blob([body]).size < MOST_KEPT_ALIVE,
      signal: 'timeout' in AbortSignal ? AbortSignal.timeout(TIMEOUT_MS) : null,
    });
  }

  private later(): void {
    clearTimeout(this.timer);
    const wait = this.retryAfterMs + Math.random() * Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS);
    this.retryAfterMs = 0;
    this.failures += 1;
    this.timer = setTimeout(() => this.resume(), wait);
  }

  // Nobody hears the answer, so it stays kept; sent again, it is the same event. An event's key is no part of its body,
  // and a beacon has no headers: events wait for the next page.
  private leave(): void {
    if (!navigator.onLine) return;
    for (const [id, { submission }] of this.open) {
      if (submission.path !== EVENTS && !this.onTheWay.has(id)) navigator.sendBeacon(this.base + submission.path, new Blob([submission.body], { type: FORM }));
    }
  }
}
