import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MAX_BOOK_DAYS } from '@posthorn/contracts';
import { InquiryError, MessagingUnavailableError } from '@posthorn/messaging';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { SERVICE } from '../config.js';
import { type Book, booksOf, type KeptEvents, typeDaysOf } from './book.js';
import { BookFindings } from './book.findings.js';
import { BookInquiry, type Days } from './book.inquiry.js';
import { BOOK_OPTIONS, type BookOptions, DAY_MS, dayOf, daysBefore } from './book.options.js';
import { BookShelf, type KnownService } from './book.shelf.js';
import { DifferenceSearch } from './difference.search.js';
import { RecordedCounts } from './recorded.counts.js';

const DEFAULTS = { everyMs: 10_000, windowMs: 300_000, closeAfterMs: 600_000 } as const;
/** What is older changes seldom: a redelivery, a dead letter that is settled. All of it is asked for now and then, and at first. */
const HISTORY_EVERY = 30;
/** Who has not answered for so many rounds is away. */
const STALE_AFTER_ROUNDS = 3;

/** After so long without an answer a service's book is an old one. */
export const staleAfterMs = ({ everyMs = DEFAULTS.everyMs }: BookOptions): number => STALE_AFTER_ROUNDS * everyMs;

/**
 * Puts beside each other, again and again, what was accepted and what each service has made of it. What each service
 * has is asked for first: ingress accepted it before, so a difference is always something that has not arrived.
 */
@Injectable()
export class Bookkeeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Bookkeeper.name);
  private readonly settings: Required<Omit<BookOptions, 'waitMs'>>;
  private readonly away = new Set<string>();
  private rounds = 0;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private complaint = '';

  constructor(
    private readonly inquiry: BookInquiry,
    private readonly recorded: RecordedCounts,
    private readonly shelf: BookShelf,
    private readonly findings: BookFindings,
    private readonly search: DifferenceSearch,
    @Inject(BOOK_OPTIONS) options: BookOptions,
  ) {
    this.settings = { ...DEFAULTS, now: () => new Date(), ...options };
  }

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
    await this.shelf.release().catch(() => undefined);
  }

  /** One round; nothing happens while another replica keeps the books, and nothing changes while ingress is away. */
  async keep(): Promise<void> {
    if (!(await this.shelf.lease())) return;
    const now = this.settings.now();
    const today = dayOf(now);
    const history = this.rounds++ % HISTORY_EVERY === 0;
    const days = { from: daysBefore(today, history ? MAX_BOOK_DAYS - 1 : 1), until: today };
    const known = await this.shelf.services();
    const stale = known.filter((service) => this.isStale(service, now));
    const waitedFor = known.filter((service) => !stale.includes(service)).map(({ service }) => service);
    await this.recorded.count();
    const found = [await this.recorded.kept(days, now), ...(await this.inquiry.kept(days, waitedFor.filter((service) => service !== SERVICE)))];
    const tomorrow = daysBefore(today, -1);
    const answered = found.map((kept): KeptEvents => ({ ...kept, typeDays: typeDaysOf(kept, known.find(({ service }) => service === kept.service), tomorrow) }));
    const absent = known.filter(({ service }) => !answered.some((one) => one.service === service));
    const silent = await Promise.all(absent.map((service) => this.shelf.lastKnown(service, days)));
    const { rows } = await this.inquiry.accepted(days);
    const books: Book[] = [...answered, ...silent].flatMap((kept) => booksOf(kept, rows));
    const returned = stale.map(({ service }) => service).filter((service) => answered.some((one) => one.service === service));
    if (!(await this.shelf.store(books, answered, { now, history, returned }))) return;
    this.reportAbsent(absent.filter((service) => this.isStale(service, now)), returned);
    await this.judge(answered, days, now);
  }

  private async judge(answered: readonly KeptEvents[], days: Days, now: Date): Promise<void> {
    const { windowMs, closeAfterMs } = this.settings;
    for (const { service, site, day } of await this.findings.agree()) this.logger.log({ service, site, day }, 'The books that differed balance again');
    const cut = new Date(now.getTime() - windowMs);
    await this.search.look(answered, cut, now);
    const lastClosable = (ms: number): string => dayOf(now.getTime() - ms - DAY_MS);
    await this.findings.close({ from: days.from, until: lastClosable(closeAfterMs) }, lastClosable(closeAfterMs + windowMs), now);
  }

  private isStale({ asOf }: KnownService, now: Date): boolean {
    return now.getTime() - asOf.getTime() > staleAfterMs(this.settings);
  }

  private reportAbsent(stale: readonly KnownService[], returned: readonly string[]): void {
    for (const { service, asOf } of stale) {
      if (!this.away.has(service)) this.logger.warn({ service, asOf: asOf.toISOString() }, 'A service does not say how its books stand; they are shown as they last were');
      this.away.add(service);
    }
    for (const service of returned) if (this.away.delete(service)) this.logger.log({ service }, 'A service says again how its books stand');
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.running = this.round().finally(() => {
        if (this.timer !== undefined) this.schedule();
      });
    }, this.settings.everyMs * (0.9 + 0.2 * Math.random())).unref();
  }

  private async round(): Promise<void> {
    try {
      await this.keep();
      this.complaint = '';
    } catch (error) {
      // An outage is told by those whose it is.
      if (error instanceof DatabaseUnavailableError || error instanceof MessagingUnavailableError) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (reason === this.complaint) return;
      this.complaint = reason;
      if (error instanceof InquiryError) this.logger.warn({ reason }, 'The books cannot be kept while nobody says what was accepted; it will be tried again');
      else this.logger.error({ err: error }, 'The books could not be kept; it will be tried again');
    }
  }
}
