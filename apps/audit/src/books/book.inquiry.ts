import { Inject, Injectable, Logger } from '@nestjs/common';
import { acceptedAnswer, type AcceptedRow, type BookAnswer, bookAnswer, bookIdsAnswer, bookIdsSubject, BOOKS, EVENTS_PUBLISHER } from '@posthorn/contracts';
import { firstIdAt } from '@posthorn/ledger';
import { Inquiry } from '@posthorn/messaging';
import type { KeptEvents } from './book.js';
import { BOOK_OPTIONS, type BookOptions } from './book.options.js';

const DEFAULT_WAIT_MS = 4_000;
/** How long after those that are known a service may answer that is not. */
const stallMsOf = (waitMs: number): number => waitMs / 15;

export interface Days {
  from: string;
  until: string;
}

/** The ids of a site's day; who gives them answers in parts. */
export interface IdsWanted {
  from: number;
  until: number;
  site: string;
  types?: string[];
}

export type IdSource = (question: { from: string; until: string; site: string; types?: string[] }) => Promise<{ until: string; ids: string[] }>;

/** Asks the services for what the books are made of. Every answer is checked before it is believed. */
@Injectable()
export class BookInquiry {
  private readonly logger = new Logger(BookInquiry.name);

  private readonly waitMs: number;

  constructor(
    private readonly inquiry: Inquiry,
    @Inject(BOOK_OPTIONS) { waitMs = DEFAULT_WAIT_MS }: BookOptions,
  ) {
    this.waitMs = waitMs;
  }

  /** What every service has that is there now; `expected` are worth waiting for. */
  async kept(days: Days, expected: readonly string[]): Promise<KeptEvents[]> {
    const enough = (answers: unknown[]): boolean => expected.every((service) => answers.some(isFrom(service)));
    const answers = await this.inquiry.askMany<unknown>(BOOKS.kept, days, { maxWaitMs: this.waitMs, stallMs: stallMsOf(this.waitMs), enough });
    const parsed = answers.flatMap((answer) => this.checked(answer));
    const byService = new Map(parsed.map((answer) => [answer.service, answer]));
    const whole = await Promise.all([...byService.values()].map((answer) => this.rest(answer, days)));
    return whole.filter((answer) => answer !== undefined);
  }

  /** How many events ingress has accepted; rejects when it does not answer. */
  async accepted(days: Days): Promise<{ asOf: string; rows: AcceptedRow[] }> {
    const rows: AcceptedRow[] = [];
    for (let after: object | undefined; ; ) {
      const answer = acceptedAnswer.parse(await this.inquiry.ask(BOOKS.accepted, { ...days, after }, { timeoutMs: this.waitMs }));
      rows.push(...answer.rows);
      const last = answer.rows.at(-1);
      if (!answer.more || last === undefined) return { asOf: answer.asOf, rows };
      after = { day: last.day, site: last.site };
    }
  }

  /** Where the ids are that a service has. */
  idsOf(service: string): IdSource {
    return async (question) => bookIdsAnswer.parse(await this.inquiry.ask(bookIdsSubject(service), question, { timeoutMs: this.waitMs }));
  }

  get acceptedIds(): IdSource {
    return this.idsOf(EVENTS_PUBLISHER);
  }

  /** Undefined when a part is missing: half a book is worse than yesterday's. */
  private async rest(answer: BookAnswer, days: Days): Promise<KeptEvents | undefined> {
    const { service, asOf, types, since } = answer;
    const rows = [...answer.rows];
    for (let { more } = answer; more; ) {
      const last = rows.at(-1);
      if (last === undefined) break;
      const question = { ...days, service, after: { day: last.day, site: last.site } };
      const enough = (answers: unknown[]): boolean => answers.some(isFrom(service));
      const parts = await this.inquiry.askMany<unknown>(BOOKS.kept, question, { maxWaitMs: this.waitMs, stallMs: 0, enough });
      const part = parts.flatMap((one) => this.checked(one)).find((one) => one.service === service);
      if (part === undefined) return undefined;
      rows.push(...part.rows);
      ({ more } = part);
    }
    return { service, asOf, types, since, rows };
  }

  private checked(answer: unknown): BookAnswer[] {
    const parsed = bookAnswer.safeParse(answer);
    if (parsed.success) return [parsed.data];
    this.logger.error({ err: parsed.error }, 'A service answered about its books in a way that cannot be read');
    return [];
  }
}

const isFrom = (service: string) => (answer: unknown): boolean => (answer as Partial<BookAnswer> | null)?.service === service;

/** What one side has and the other has not, of a site's day; no more than `limit` of each. */
export async function differingIds(accepted: IdSource, kept: IdSource, { from, until, ...wanted }: IdsWanted, limit: number): Promise<{ missing: string[]; surplus: string[] }> {
  const missing: string[] = [];
  const surplus: string[] = [];
  const end = firstIdAt(until);
  for (let next = firstIdAt(from); next < end && missing.length < limit; ) {
    const ours = await accepted({ ...wanted, from: next, until: end });
    const theirs = new Set<string>();
    for (let at = next; at < ours.until; ) {
      const part = await kept({ ...wanted, from: at, until: ours.until });
      for (const id of part.ids) theirs.add(id);
      at = part.until;
    }
    for (const id of ours.ids) if (!theirs.delete(id)) missing.push(id);
    surplus.push(...theirs);
    next = ours.until;
  }
  return { missing: missing.slice(0, limit), surplus: surplus.slice(0, limit) };
}
