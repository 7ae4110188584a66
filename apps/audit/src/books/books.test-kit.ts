import { type AcceptedRow, bookIdsSubject, bookIdsQuestion, BOOKS, type BookQuestion, bookQuestion, type BookRow, createEvent, EXAMPLES, type PosthornEvent } from '@posthorn/contracts';
import { firstIdAt } from '@posthorn/ledger';
import { connect, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { DAY_MS, dayOf } from './book.options.js';

/** The services around audit, as far as books go: each has the events it was given. They speak Nest's packets. */
export class BooksWorld {
  readonly ingress: Keeper;
  readonly services: Keeper[] = [];

  private constructor(
    private readonly nats: NatsConnection,
    private readonly now: () => Date,
  ) {
    this.ingress = new Keeper('ingress', null);
    this.answer(this.ingress, BOOKS.accepted, (question) => this.page(question, this.ingress, (rows) => rows.map(({ site, day, type, delivered }): AcceptedRow => ({ site, day, type, accepted: delivered }))));
  }

  static async start(servers: string[], now: () => Date): Promise<BooksWorld> {
    return new BooksWorld(await connect({ servers, user: 'admin', pass: 'a' }), now);
  }

  async service(name: string, types: string[]): Promise<Keeper> {
    const keeper = new Keeper(name, types);
    this.services.push(keeper);
    this.answer(keeper, BOOKS.kept, (question) => {
      const { service = name } = question as BookQuestion;
      return service === name ? { ...this.page(question, keeper, (rows) => rows), role: 'delivers', types: keeper.types, since: keeper.since } : undefined;
    });
    await this.nats.flush();
    return keeper;
  }

  /** Accepted by ingress, and with every service that takes it. */
  accept(events: readonly PosthornEvent[], except: readonly Keeper[] = []): void {
    this.ingress.take(events);
    for (const service of this.services) if (!except.includes(service)) service.take(events);
  }

  async close(): Promise<void> {
    await this.nats.close();
  }

  private page<R extends { day: string; site: string }>(payload: unknown, keeper: Keeper, shown: (rows: BookRow[]) => R[]) {
    const { from, until, after } = bookQuestion.parse(payload);
    const rows = keeper.rows().filter(({ day, site }) => day >= from && day <= until && (after === undefined || `${day} ${site}` > `${after.day} ${after.site}`));
    const first = rows[0];
    const one = keeper.onePerPage && first !== undefined ? rows.filter(({ day, site }) => day === first.day && site === first.site) : rows;
    return { service: keeper.name, asOf: this.now().toISOString(), rows: shown(one), more: one.length < rows.length };
  }

  private answer(keeper: Keeper, subject: string, answer: (question: unknown) => object | undefined): void {
    const answering = (to: string, reply: (question: unknown) => object | undefined): Subscription =>
      this.nats.subscribe(to, {
        callback: (_, message) => {
          const { id, data } = message.json<{ id: string; data: unknown }>();
          const response = keeper.away ? undefined : reply(data);
          if (response !== undefined) message.respond(JSON.stringify({ id, response, isDisposed: true }));
        },
      });
    answering(subject, answer);
    answering(bookIdsSubject(keeper.name), (question) => {
      const { from, until, site, types } = bookIdsQuestion.parse(question);
      const ids = [...keeper.events.values()].filter((event) => event.id >= from && event.id < until && event.site === site && types?.includes(event.type) !== false);
      return { until, ids: ids.map((event) => event.id).sort() };
    });
  }
}

/** A service with a book. */
export class Keeper {
  readonly events = new Map<string, PosthornEvent>();
  readonly states = new Map<string, 'dead' | 'held' | 'skipped'>();
  away = false;
  onePerPage = false;
  since: string | undefined;

  constructor(
    readonly name: string,
    public types: readonly string[] | null,
  ) {}

  take(events: readonly PosthornEvent[]): void {
    for (const event of events) if (this.types?.includes(event.type) !== false) this.events.set(event.id, event);
  }

  rows(): BookRow[] {
    const rows = new Map<string, BookRow>();
    for (const { id, site, type } of this.events.values()) {
      const day = dayOf(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
      const key = `${day} ${site} ${type}`;
      const row = rows.get(key) ?? { site, day, type, delivered: 0, inProgress: 0, held: 0, dead: 0, skipped: 0, erased: 0 };
      row[this.states.get(id) ?? 'delivered'] += 1;
      rows.set(key, row);
    }
    return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }
}

let made = 0;

interface Made {
  site?: string;
  type?: 'lead.submitted' | 'order.paid';
}

/** An event that was accepted at that moment. */
export function eventAt(ms: number, { site = 'acme', type = 'lead.submitted' }: Made = {}): PosthornEvent {
  const id = firstIdAt(ms).slice(0, 24) + (++made).toString(16).padStart(12, '0');
  return { ...createEvent({ site, type, data: EXAMPLES[type] }), id, correlationid: id };
}

/** A clock that a test sets; it begins at noon of the day before. */
export class Clock {
  private readonly noon = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2;
  private ms = this.noon;

  readonly now = (): Date => new Date(this.ms);

  get midnight(): number {
    return this.noon + DAY_MS / 2;
  }

  /** Of the clock's first day. */
  get day(): string {
    return dayOf(this.noon);
  }

  set(ms: number): void {
    this.ms = ms;
  }

  pass(ms: number): void {
    this.ms += ms;
  }
}
