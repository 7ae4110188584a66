import { Injectable } from '@nestjs/common';
import { parseEvent } from '@posthorn/contracts';
import { Inbox } from '@posthorn/ledger';
import { Database } from '@posthorn/persistence';
import { DeliveryArchive } from './archive/delivery.archive.js';
import { type DeliveryView } from './delivery.row.js';
import { DEAD_LETTERS, sqlList, TRANSITIONS } from './delivery.states.js';
import { REDELIVER } from './delivery.redelivery.js';
import { DELIVERY_COLUMNS, type DeliveryRecord, viewOf } from './delivery.view.js';
import { Dispatcher } from './dispatcher.service.js';

export class DeliveryNotFoundError extends Error {
  override readonly name = 'DeliveryNotFoundError';
  readonly code = 'DELIVERY_NOT_FOUND';

  constructor(id: string) {
    super(`There is no delivery ${id}.`);
  }
}

/** Only a delivery that is dead, held or skipped can be sent again. */
export class NotRedeliverableError extends Error {
  override readonly name = 'NotRedeliverableError';
  readonly code = 'DELIVERY_NOT_REDELIVERABLE';
}

/** What a person or another service asks about deliveries, and the button that sends one again. */
@Injectable()
export class Deliveries {
  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly dispatcher: Dispatcher,
    private readonly archive: DeliveryArchive,
  ) {}

  async ofEvent(eventId: string): Promise<DeliveryView[]> {
    return this.select('event_id = $1 ORDER BY connection, action', [eventId]);
  }

  async find(id: string): Promise<DeliveryView | undefined> {
    const [delivery] = await this.select('id = $1', [id]);
    return delivery;
  }

  /** Those that need a person, the longest waiting first. */
  async deadLetters(connection: string, limit = 100): Promise<DeliveryView[]> {
    return this.select(`connection = $1 AND state IN (${sqlList(DEAD_LETTERS)}) ORDER BY updated_at LIMIT $2`, [connection, limit]);
  }

  /** Sends a dead, held or skipped delivery again, with a retry budget of its own. Attempts count on. */
  async redeliver(id: string): Promise<void> {
    const delivery = await this.find(id);
    if (delivery === undefined) throw new DeliveryNotFoundError(id);
    await this.requireUnderstood(delivery);
    const rows = await this.database.transaction(async (tx) => {
      await this.archive.hold(tx);
      if (delivery.state === 'skipped') await this.archive.reopen(tx, [delivery.eventId]);
      return tx.query<{ connection: string }>(REDELIVER, [[id], null]);
    });
    if (rows.length === 0) {
      throw new NotRedeliverableError(`Delivery ${id} is ${delivery.state}; only what is ${TRANSITIONS.redeliver.from.join(', ')} can be redelivered.`);
    }
    this.dispatcher.wake(rows.map(({ connection }) => connection));
  }

  private async requireUnderstood({ id, eventId }: DeliveryView): Promise<void> {
    const [event] = await this.inbox.find([eventId]);
    try {
      parseEvent(event);
    } catch (error) {
      throw new NotRedeliverableError(`This version of the service does not understand the event of delivery ${id}; deploy one that does.`, { cause: error });
    }
  }

  private async select(where: string, params: readonly unknown[]): Promise<DeliveryView[]> {
    const rows = await this.database.query<DeliveryRecord>(`SELECT ${DELIVERY_COLUMNS} FROM all_deliveries WHERE ${where}`, params);
    return rows.map(viewOf);
  }
}
