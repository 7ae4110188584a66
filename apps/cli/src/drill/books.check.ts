import { type Finding } from './judge.js';
import { type Book, type EventState, LOG } from './site.witness.js';

/** What the books lack, beside what is missing in them already when the drill began. */
export interface BooksVerdict {
  /** As old as the last accepted event at least, with nothing missing. */
  settled: boolean;
  findings: Finding[];
  /** Events that a service does not have, as its books say; which ones, the log tells only later. */
  missing: ReadonlyMap<string, number>;
  /** Services without a book: they take none of the types, or audit has not heard of them yet. */
  unbooked: readonly string[];
  /** When audit last kept the books. */
  round: string | undefined;
}

export interface BooksLook {
  before: readonly Book[];
  now: readonly Book[];
  /** What was asked after the books were: of an event of each type. */
  asked: readonly { type: string; state: EventState }[];
  /** Who was there when the drill began. */
  services: ReadonlySet<string>;
  lastAcceptedAt: string;
}

/**
 * The second opinion. The log cannot tell of a service that has no outcome at all for a type; the books can, since
 * each service says itself which types it takes, and audit counts them beside what ingress accepted.
 */
export function checkBooks({ before, now, asked, services, lastAcceptedAt }: BooksLook): BooksVerdict {
  const known = new Map(before.map((book) => [idOf(book), book.missing]));
  const findings: Finding[] = [];
  const missing = new Map<string, number>();
  const unbooked: string[] = [];
  const sites = new Set(asked.map(({ state }) => state.site));
  const own = now.filter(({ site }) => sites.has(site));
  for (const service of new Set([LOG, ...services, ...own.map((book) => book.service)])) {
    const books = own.filter((book) => book.service === service);
    if (books.length === 0) unbooked.push(service);
    const lacking = books.reduce((sum, book) => sum + Math.max(0, book.missing - (known.get(idOf(book)) ?? 0)), 0);
    if (lacking > 0) missing.set(service, lacking);
    const old = books.find(({ stale, asOf }) => stale || Date.parse(asOf) < Date.parse(lastAcceptedAt));
    if (old !== undefined) findings.push({ verdict: 'unexplained', service, why: `its books are those of ${old.asOf}, older than the last event` });
    // Only who answers can say that an event is none of its business.
    const silent = asked.filter(({ state }) => !state.services.some((one) => one.service === service)).map(({ type }) => type);
    if (service !== LOG && silent.length > 0) findings.push({ verdict: 'unexplained', service, why: `it does not say what became of ${silent.join(', ')}` });
  }
  const round = own.find(({ service }) => service === LOG)?.asOf;
  return { settled: findings.length === 0 && missing.size === 0, findings, missing, unbooked, round };
}

const idOf = ({ service, site, day }: Book): string => `${service} ${site} ${day}`;
