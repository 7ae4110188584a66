import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { type ReceivedMessage } from '@posthorn/messaging';
import { Intake } from './intake.service.js';

@Controller()
export class IntakeController {
  constructor(private readonly intake: Intake) {}

  /** Resolving acknowledges the batch, so it resolves after the commit. */
  @EventPattern(EVENTS_STREAM, { batch: { size: 200, gatherMs: 25 } })
  async handle(@Payload() messages: ReceivedMessage[]): Promise<void> {
    await this.intake.take(messages.map(({ envelope }) => envelope));
  }
}
