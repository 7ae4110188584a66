import { Inject, Injectable } from '@nestjs/common';
import { addressesIn, erasureOutcome, type PosthornEvent } from '@posthorn/contracts';
import { Inbox, Ledger } from '@posthorn/ledger';
import { type Transaction } from '@posthorn/persistence';
import { ConnectionRegistry } from '../connection.registry.js';
import { DeliveryOutcomes } from '../delivery.outcomes.js';
import { DELIVERY_OPTIONS } from '../delivery.tokens.js';
import { type OpenErasure } from './erasure.store.js';
import { ERASER, type ErasedDeliveries, type Eraser } from './eraser.js';
import { COMPLETE, COUNT, ERASE_DELIVERIES, FORGET_NEWEST, LEFT, REBOOK } from './oblivion.statements.js';

interface Counts extends ErasedDeliveries {
  readonly deliveries: number;
  readonly beyondReach: number;
}

/** Something of the events was still there after all was erased; nothing is committed, and it is tried again. */
export class ErasureIncompleteError extends Error {
  override readonly name = 'ErasureIncompleteError';
  readonly code = 'ERASURE_INCOMPLETE';
}

/** The end of an erasure: of the events nothing is left in the service's tables but that they were, and that they are forgotten. */
@Injectable()
export class Oblivion {
  constructor(
    private readonly inbox: Inbox,
    private readonly ledger: Ledger,
    private readonly outcomes: DeliveryOutcomes,
    private readonly connections: ConnectionRegistry,
    @Inject(ERASER) private readonly eraser: Eraser,
    @Inject(DELIVERY_OPTIONS) private readonly options: { readonly service: string },
  ) {}

  /** Nothing of the events may be under way, and the archive must be frozen. Erases, reads back, and says so, in the caller's transaction. */
  async descend(tx: Transaction, { id, envelope: request }: OpenErasure, events: readonly PosthornEvent[]): Promise<void> {
    const ids = events.map((event) => event.id);
    const { deliveries, delivered, uncertain, beyondReach } = await this.count(tx, ids);
    const own = (await this.eraser.forget?.(tx, ids, { delivered, uncertain })) ?? {};
    await tx.query(FORGET_NEWEST, [ids]);
    await tx.query(REBOOK, columnsOf(events.filter((event) => !isErased(event))));
    for (const statement of ERASE_DELIVERIES) await tx.query(statement, [ids]);
    await this.inbox.erase(tx, events);
    await this.readBack(tx, ids);
    const facts = { events: ids.length, deliveries, uncertain, ...(beyondReach > 0 ? { beyondReach } : {}), ...own };
    await tx.query(COMPLETE, [id, erasureOutcome(this.options.service), JSON.stringify(facts)]);
    await this.ledger.append(tx, [this.outcomes.ofErasure(id, request, facts)]);
  }

  private async count(tx: Transaction, ids: readonly string[]): Promise<Counts> {
    const [counts] = await tx.query<Counts>(COUNT, [ids, this.connections.all().map((connection) => connection.id)]);
    return counts ?? { deliveries: 0, delivered: 0, uncertain: 0, beyondReach: 0 };
  }

  private async readBack(tx: Transaction, ids: readonly string[]): Promise<void> {
    const [row] = await tx.query<{ left: number }>(LEFT, [ids]);
    const told = (await this.inbox.find(ids, tx)).filter((event) => !isErased(event) || addressesIn(event).length > 0);
    if (row?.left === 0 && told.length === 0) return;
    throw new ErasureIncompleteError(`${told.length} events and ${row?.left ?? 0} deliveries that were to be forgotten are still there.`);
  }
}

const isErased = ({ erased }: PosthornEvent): boolean => erased === true;

function columnsOf(events: readonly PosthornEvent[]): string[][] {
  return [events.map(({ id }) => id), events.map(({ site }) => site), events.map(({ type }) => type)];
}
