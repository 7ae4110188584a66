import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { newId, parseEvent, type PosthornEvent } from '@posthorn/contracts';
import { Inbox } from '@posthorn/ledger';
import { Database, DatabaseUnavailableError, type Transaction } from '@posthorn/persistence';
import { DeliveryArchive } from '../archive/delivery.archive.js';
import { BooksStore } from '../books/books.store.js';
import { ConnectionRegistry } from '../connection.registry.js';
import { DeliveryPlanner } from '../delivery.planner.js';
import { type PlannedDelivery } from '../delivery.row.js';
import { DeliveryStore } from '../delivery.store.js';
import { Dispatcher } from '../dispatcher.service.js';
import { HandlerRegistry } from '../handler.registry.js';
import { digestOf } from '../ordering.key.js';
import { ERASE_PERSON, OWN_TABLES } from './erasure.names.js';
import { type ErasureRequest, idsIn, tombstonesOf } from './erasure.request.js';
import { ErasureStore, type OpenErasure } from './erasure.store.js';
import { ERASER, type Eraser } from './eraser.js';
import { peopleIn } from './erasing.people.js';
import { Oblivion } from './oblivion.js';

const IDLE_MS = 1_000;
/** While one is open: a provider is seldom slower than that. */
const SOON_MS = 250;

/**
 * Brings erasures to their end. Each look is one transaction that finds out how far one has come and does what can be
 * done now, so that it goes on after any crash where it was, at whichever replica is there.
 */
@Injectable()
export class Erasures implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Erasures.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly archive: DeliveryArchive,
    private readonly store: ErasureStore,
    private readonly oblivion: Oblivion,
    private readonly planner: DeliveryPlanner,
    private readonly deliveries: DeliveryStore,
    private readonly books: BooksStore,
    private readonly connections: ConnectionRegistry,
    private readonly handlers: HandlerRegistry,
    private readonly dispatcher: Dispatcher,
    @Inject(ERASER) private readonly eraser: Eraser,
  ) {}

  onApplicationBootstrap(): void {
    this.dispatcher.onWake(OWN_TABLES, () => this.runIn(0));
    this.runIn(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private runIn(ms: number): void {
    if (this.stopped || this.running !== undefined) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      let next = IDLE_MS;
      this.running = this.runDue()
        .then((open) => void (next = open ? SOON_MS : IDLE_MS))
        .catch((error: unknown) => {
          if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'Looking for erasures failed');
        })
        .finally(() => {
          this.running = undefined;
          this.runIn(next);
        });
    }, ms);
  }

  /** Whether one was left open. */
  private async runDue(): Promise<boolean> {
    let open = false;
    while (!this.stopped && this.database.unavailable === undefined) {
      const looked = await this.look();
      if (looked === 'none due') return open;
      open ||= looked === 'open';
    }
    return open;
  }

  /** At one, in one transaction. One that fails is put off, or no other would have its turn. */
  private async look(): Promise<'done' | 'open' | 'none due'> {
    let erasure: OpenErasure | undefined;
    try {
      return await this.database.transaction(async (tx) => {
        erasure = await this.store.takeDue(tx);
        if (erasure === undefined) return 'none due';
        // First of all: who redelivers waits for it, and has locked nothing yet that is wanted here.
        await this.archive.freeze(tx);
        const done = isUnderstood(erasure) ? await this.advance(tx, erasure) : this.wait(erasure);
        if (!done) await this.store.postpone(tx, erasure);
        return done ? 'done' : 'open';
      });
    } catch (error) {
      if (erasure === undefined || error instanceof DatabaseUnavailableError) throw error;
      this.logger.error({ err: error, eventId: erasure.envelope.id }, 'An erasure could not go on; it is tried again');
      await this.store.postpone(this.database, erasure);
      return 'open';
    }
  }

  /** True once it is done. */
  private async advance(tx: Transaction, erasure: OpenErasure): Promise<boolean> {
    const { envelope: request } = erasure;
    const unseen = await this.buryUnseen(tx, request);
    const ids = idsIn(request);
    const events = await this.inbox.find(ids, tx);
    const asked = this.asked(request, events);
    await this.store.withdraw(tx, ids, asked);
    const busy = await this.store.busy(tx, ids);
    const standing = await this.ask(tx, request, asked.filter((connection) => !busy.has(connection)));
    const open = asked.filter((connection) => standing.get(connection) !== 'delivered');
    await this.store.hold(tx, request.id, open, peopleIn(events));
    // Each transaction counts in the books once, or two could wait for each other.
    if (unseen > 0 || busy.size > 0 || open.length > 0) return false;
    await this.oblivion.descend(tx, erasure, events);
    return true;
  }

  /** What has not come yet is here already, forgotten, should it still come. */
  private async buryUnseen(tx: Transaction, request: ErasureRequest): Promise<number> {
    const unseen = await this.inbox.record(tx, tombstonesOf(request, this.handlers.types()));
    await this.deliveries.plan(tx, this.planner.plan(unseen));
    await this.books.countUnconnected(tx, this.planner.unconnected(unseen));
    return unseen.length;
  }

  /** The connections whose providers have to erase something: none when it is about age alone, or nothing was ever sent. */
  private asked({ site, data }: ErasureRequest, events: readonly PosthornEvent[]): string[] {
    if (this.eraser.erase === undefined || data.cause === 'retention' || events.every(({ erased }) => erased === true)) return [];
    return this.connections.ofSite(site).map(({ id }) => id);
  }

  private async ask(tx: Transaction, request: ErasureRequest, connections: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const standing = await this.store.atProviders(tx, request.id);
    const fresh = connections.filter((connection) => !standing.has(connection));
    await this.deliveries.plan(tx, fresh.map((connection) => planned(request, connection)));
    tx.afterCommit(() => this.dispatcher.wake(fresh));
    return standing;
  }

  /** A newer version will understand it: what is to be forgotten is not given up. */
  private wait({ envelope }: OpenErasure): false {
    this.logger.error({ eventId: envelope.id }, 'This version of the service does not understand an erasure; deploy one that does');
    return false;
  }
}

function planned(event: ErasureRequest, connection: string): PlannedDelivery {
  return { id: newId(), event, connection, action: ERASE_PERSON, orderingKey: digestOf(event.id), latestWins: false, waits: false, state: 'pending' };
}

function isUnderstood({ envelope }: OpenErasure): boolean {
  try {
    parseEvent(envelope);
    return true;
  } catch {
    return false;
  }
}
