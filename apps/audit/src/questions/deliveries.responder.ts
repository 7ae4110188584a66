import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { DELIVERIES_OF_EVENT, type DeliveriesAnswer, deliveriesQuestion } from '@posthorn/contracts';
import { SERVICE } from '../config.js';
import { EntryReader } from './entry.reader.js';

/** To those who ask what became of an event: it is in the log, or not yet. */
@Controller()
export class DeliveriesResponder {
  constructor(private readonly entries: EntryReader) {}

  @MessagePattern(DELIVERIES_OF_EVENT)
  async deliveriesOf(@Payload() question: unknown): Promise<DeliveriesAnswer> {
    const { eventId } = deliveriesQuestion.parse(question);
    const entry = await this.entries.placeOfEvent(eventId);
    if (entry === undefined) return { service: SERVICE, deliveries: [] };
    const { position, recordedAt } = entry;
    return {
      service: SERVICE,
      deliveries: [
        { connection: 'log', action: 'record', state: 'delivered', attempts: 1, externalId: String(position), updatedAt: recordedAt.toISOString() },
      ],
    };
  }
}
