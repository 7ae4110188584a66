import { Inject, Injectable } from '@nestjs/common';
import { type DeliveriesListQuestion, type DeliveryPosition, type ListedDelivery } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { DELIVERY_COLUMNS, type DeliveryRecord, viewOf } from '../delivery.view.js';
import { type DeliveryState, sqlList } from '../delivery.states.js';
import { DELIVERY_OPTIONS } from '../delivery.tokens.js';
import { type Criteria, criteriaOf } from './delivery.criteria.js';
import { withinPatience } from './patience.js';

const LONGEST_MESSAGE = 500;

/** Deliveries by filter, in pages: the newest event first. */
@Injectable()
export class DeliveryListing {
  constructor(
    private readonly database: Database,
    @Inject(DELIVERY_OPTIONS) private readonly options: { readonly service: string },
  ) {}

  async page({ filter, limit, after }: DeliveriesListQuestion): Promise<{ deliveries: ListedDelivery[]; more: boolean }> {
    const criteria = criteriaOf(filter);
    // As constants: only then does Postgres see that a partial index has them all.
    if (filter.states !== undefined) criteria.raw(`d.state IN (${sqlList(filter.states satisfies DeliveryState[])})`);
    if (after !== undefined) this.goOnAfter(after, criteria);
    const sql = `SELECT ${DELIVERY_COLUMNS} FROM all_deliveries d WHERE ${criteria.toString()}
                  ORDER BY event_id DESC, connection DESC, action DESC LIMIT ${criteria.param(limit + 1)}`;
    const rows = await withinPatience(this.database, (tx) => tx.query<DeliveryRecord>(sql, criteria.params));
    return { deliveries: rows.slice(0, limit).map(listed), more: rows.length > limit };
  }

  /** At one event the services stand one after the other, the last of the alphabet first. */
  private goOnAfter({ eventId, service, connection, action }: DeliveryPosition, criteria: Criteria): void {
    const id = criteria.param(eventId);
    if (service === this.options.service) criteria.raw(`(d.event_id, d.connection, d.action) < (${id}::uuid, ${criteria.param(connection)}, ${criteria.param(action)})`);
    else criteria.raw(`d.event_id ${this.options.service < service ? '<=' : '<'} ${id}::uuid`);
  }
}

function listed(row: DeliveryRecord): ListedDelivery {
  const { error, ...view } = viewOf(row);
  return { ...view, error: error && { ...error, message: error.message.slice(0, LONGEST_MESSAGE) } };
}
