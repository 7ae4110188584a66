import { Controller, Get, Query } from '@nestjs/common';
import { deliveriesListAnswer, deliveryFilter, type ListedDelivery, OPERATE, OPERATIONS } from '@posthorn/contracts';
import { Describe, RequireKey, RequireScope } from '@posthorn/http';
import { queryOf } from '../asking/question.reader.js';
import { requireAnswers, ServiceDesk, type Unanswered } from '../asking/service.desk.js';
import { LIST_DELIVERIES } from './deliveries.openapi.js';
import { deliveriesQuery } from './deliveries.query.js';
import { cursorOf, positionIn } from './delivery.cursor.js';

export interface DeliveriesPage {
  deliveries: (ListedDelivery & { service: string })[];
  /** The cursor of the next page; null on the last one. */
  next: string | null;
  unanswered: Unanswered[];
}

/** `GET /v1/deliveries`: of all services, the newest event first. */
@Controller('v1/deliveries')
@RequireKey()
export class DeliveriesController {
  constructor(private readonly desk: ServiceDesk) {}

  @Get()
  @RequireScope(OPERATE)
  @Describe(LIST_DELIVERIES)
  async list(@Query() parameters: unknown): Promise<DeliveriesPage> {
    const { service, limit, cursor, state, id, ...criteria } = queryOf(deliveriesQuery, parameters);
    const filter = deliveryFilter.parse({ ...criteria, states: state, ids: id });
    const after = cursor === undefined ? undefined : positionIn(cursor);
    const asked = await this.desk.ask(OPERATIONS.deliveries, { service, filter, limit, after }, deliveriesListAnswer);
    requireAnswers(asked);
    // Replicas answer from the same tables: one of each service is enough.
    const pages = [...new Map(asked.answers.map((answer) => [answer.service, answer])).values()];
    // Stable, so that each service's own order stays; within an event, as `after` counts: the last service first.
    const all = pages
      .sort((a, b) => (a.service < b.service ? 1 : -1))
      .flatMap((page) => page.deliveries.map((delivery) => ({ ...delivery, service: page.service })))
      .sort((a, b) => (a.eventId < b.eventId ? 1 : a.eventId > b.eventId ? -1 : 0));
    const shown = all.slice(0, limit);
    const last = shown.at(-1);
    const more = all.length > limit || pages.some((page) => page.more);
    return { deliveries: shown, next: more && last !== undefined ? cursorOf(last) : null, unanswered: asked.unanswered };
  }
}
