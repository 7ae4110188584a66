import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { MAPPING_PREVIEW, maskPersonal, parseEnvelope, type PreviewAnswer, previewQuestion } from '@posthorn/contracts';
import { ONE_REPLICA } from '@posthorn/messaging';
import { SERVICE } from '../config.js';

/** To those who ask what would become of an event: it would be in the log, as auditors without a right to more see it. */
@Controller()
export class PreviewResponder {
  @MessagePattern(MAPPING_PREVIEW, ONE_REPLICA)
  of(@Payload() payload: unknown): PreviewAnswer {
    const { events, mapped } = previewQuestion.parse(payload);
    const receivers = events.map((event) => {
      const head = { eventId: event.id, connection: 'log', provider: 'log', action: 'record' };
      if (!mapped) return head;
      const envelope = parseEnvelope(event);
      return { ...head, mapped: [{ does: 'record', with: { ...envelope, data: maskPersonal(envelope.type, envelope.data) } }] };
    });
    return { service: SERVICE, receivers };
  }
}
