import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { DELIVERIES_OF_EVENT, UUID_V7 } from '@posthorn/contracts';
import { Deliveries } from './deliveries.service.js';
import { type DeliveryView } from './delivery.row.js';
import { DELIVERY_OPTIONS } from './delivery.tokens.js';

@Controller()
export class DeliveriesController {
  constructor(
    private readonly deliveries: Deliveries,
    @Inject(DELIVERY_OPTIONS) private readonly options: { readonly service: string },
  ) {}

  /** What became of an event in this service; no deliveries when it is none of the service's business. */
  @MessagePattern(DELIVERIES_OF_EVENT)
  async ofEvent(@Payload() question: { eventId?: unknown } | undefined): Promise<{ service: string; deliveries: DeliveryView[] }> {
    const { service } = this.options;
    const eventId = question?.eventId;
    if (typeof eventId !== 'string' || !UUID_V7.test(eventId)) return { service, deliveries: [] };
    return { service, deliveries: await this.deliveries.ofEvent(eventId) };
  }
}
