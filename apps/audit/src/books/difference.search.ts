import { Injectable, Logger } from '@nestjs/common';
import { acceptedAtOf } from '@posthorn/contracts';
import { IdTable } from '@posthorn/ledger';
import { InquiryError } from '@posthorn/messaging';
import { Database } from '@posthorn/persistence';
import { SERVICE } from '../config.js';
import { PUBLISHER } from '../recording/entry.publisher.js';
import type { KeptEvents } from './book.js';
import { BookFindings } from './book.findings.js';
import { BookInquiry, differingIds, type IdSource } from './book.inquiry.js';
import type { Finding } from './book.outcomes.js';
import { DAY_MS } from './book.options.js';
import { BookShelf, type UnbalancedBook } from './book.shelf.js';

const NAMED_AT_MOST = 100;
const BOOKS_A_ROUND = 20;
const SHOWN_IN_LOG = 10;

/** Finds out which events a book lacks that has not balanced for too long, and says so. */
@Injectable()
export class DifferenceSearch {
  private readonly logger = new Logger(DifferenceSearch.name);

  constructor(
    private readonly database: Database,
    private readonly inquiry: BookInquiry,
    private readonly shelf: BookShelf,
    private readonly findings: BookFindings,
  ) {}

  /** Of the services that answered; `cut` is since when what was accepted should have arrived. */
  async look(answered: readonly KeptEvents[], cut: Date, now: Date): Promise<void> {
    const services = new Map(answered.map((one) => [one.service, one]));
    for (const book of await this.shelf.overdue([...services.keys()], cut, BOOKS_A_ROUND)) {
      const kept = services.get(book.service);
      if (kept === undefined) continue;
      const finding = await this.findingOf(book, kept, cut).catch((error: unknown) => this.unanswered(error, book, cut, now));
      if (finding === 'on its way') await this.shelf.excuse(book, now);
      else if (finding !== 'ask again') await this.tell(book, finding);
    }
  }

  /** A busy day always has something on its way: only what is old enough counts, until the day is over. */
  private async findingOf({ service, site, day }: UnbalancedBook, { types }: KeptEvents, cut: Date): Promise<Finding | 'on its way'> {
    const from = Date.parse(day);
    const until = Math.min(from + DAY_MS, cut.getTime());
    const wanted = { from, until, site, ...(types === null ? {} : { types: [...types] }) };
    const { missing, surplus } = await differingIds(this.inquiry.acceptedIds, this.keptIdsOf(service), wanted, NAMED_AT_MOST);
    if (missing.length > 0) return { events: missing, error: MISSING };
    if (surplus.length > 0) return { events: surplus, error: SURPLUS };
    return until === from + DAY_MS ? { error: MISCOUNTED } : 'on its way';
  }

  /** One that does not answer may do so in the next round; after two windows the difference is told without names. */
  private unanswered(error: unknown, { since }: UnbalancedBook, cut: Date, now: Date): Finding | 'ask again' {
    if (!(error instanceof InquiryError)) throw error;
    const windowMs = now.getTime() - cut.getTime();
    return now.getTime() - since.getTime() > 2 * windowMs ? { error: NOT_NAMED } : 'ask again';
  }

  private async tell(unbalanced: UnbalancedBook, finding: Finding): Promise<void> {
    const book = await this.findings.differ(unbalanced, finding);
    if (book === undefined) return;
    const { service, site, day, missing } = book;
    const events = finding.events?.slice(0, SHOWN_IN_LOG).map((id) => `${id} of ${acceptedAtOf(id).toISOString()}`);
    this.logger.error({ service, site, day, missing, code: finding.error?.code, events }, 'The books of a service differ from what was accepted, for longer than the reconciler needs');
  }

  private keptIdsOf(service: string): IdSource {
    if (service !== SERVICE) return this.inquiry.idsOf(service);
    const entries = new IdTable(this.database, { table: 'entries', id: 'id', only: { expression: PUBLISHER, value: 'ingress' } });
    return (question) => entries.book(question);
  }
}

const MISSING = {
  code: 'BOOKS_EVENTS_MISSING',
  message: 'Ingress accepted these events and the service does not have them.',
  remedy: 'The reconciler fetches them as long as both services run: look for its errors in the log of the service.',
};
const SURPLUS = {
  code: 'BOOKS_EVENTS_UNKNOWN',
  message: 'The service has these events, and ingress does not know them.',
  remedy: 'Ask whether the database of ingress was restored from an older copy.',
};
const MISCOUNTED = {
  code: 'BOOKS_MISCOUNTED',
  message: 'The service has every event that was accepted, and its deliveries do not add up to them.',
  remedy: 'Ask whether rows were deleted from its tables by hand; else this is a defect, please report it.',
};
const NOT_NAMED = {
  code: 'BOOKS_NOT_COMPARED',
  message: 'Which events differ could not be found out: a service did not answer.',
  remedy: 'See GET /v1/books for the numbers; compare again when every service answers.',
};
