import { Inject, Injectable } from '@nestjs/common';
import { newId, type PosthornEvent } from '@posthorn/contracts';
import { Inbox } from '@posthorn/ledger';
import { type Transaction } from '@posthorn/persistence';
import { ConnectionRegistry } from '../connection.registry.js';
import { DeliveryPlanner } from '../delivery.planner.js';
import { type PlannedDelivery } from '../delivery.row.js';
import { DeliveryStore } from '../delivery.store.js';
import { Dispatcher } from '../dispatcher.service.js';
import { HandlerRegistry } from '../handler.registry.js';
import { takeIn } from '../intake.statement.js';
import { digestOf } from '../ordering.key.js';
import { ERASE_PERSON } from './erasure.names.js';
import { type ErasureRequest, idsIn, tombstonesOf } from './erasure.request.js';
import { ErasureStore, type OpenErasure } from './erasure.store.js';
import { ERASER, type Eraser } from './eraser.js';
import { peopleIn } from './erasing.people.js';
import { Oblivion } from './oblivion.js';

/** How far an erasure can be brought now. Each time it finds out where it stands, and relies on nothing but the tables. */
@Injectable()
export class ErasureProgress {
  constructor(
    private readonly inbox: Inbox,
    private readonly store: ErasureStore,
    private readonly oblivion: Oblivion,
    private readonly planner: DeliveryPlanner,
    private readonly deliveries: DeliveryStore,
    private readonly connections: ConnectionRegistry,
    private readonly handlers: HandlerRegistry,
    private readonly dispatcher: Dispatcher,
    @Inject(ERASER) private readonly eraser: Eraser,
  ) {}

  /** In one transaction, with the erasure locked and the archive frozen. True once it is done. */
  async advance(tx: Transaction, erasure: OpenErasure): Promise<boolean> {
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
    // Nothing is told of what was forgotten before it came.
    const { fresh } = await takeIn(tx, tombstonesOf(request, this.handlers.types()), this.planner, () => undefined);
    return fresh.length;
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
}

function planned(event: ErasureRequest, connection: string): PlannedDelivery {
  return { id: newId(), event, connection, action: ERASE_PERSON, orderingKey: digestOf(event.id), latestWins: false, state: 'pending' };
}
