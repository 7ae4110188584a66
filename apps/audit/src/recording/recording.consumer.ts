import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { EVENTS_STREAM, OUTCOMES_STREAM } from '@posthorn/contracts';
import type { ReceivedMessage } from '@posthorn/messaging';
import { EntryRecorder, type Recordable } from './entry.recorder.js';

// Nobody waits for the log, and every entry goes into a dozen indexes under one lock: a few more a commit are worth it.
const BATCH = { batch: { size: 500, gatherMs: 100 } };

/** Takes every event and every outcome, in batches. A batch is acknowledged once it is committed. */
@Controller()
export class RecordingConsumer {
  constructor(private readonly recorder: EntryRecorder) {}

  @EventPattern(EVENTS_STREAM, BATCH)
  async recordEvents(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    await this.recorder.record('event', messages.map(recordable));
  }

  @EventPattern(OUTCOMES_STREAM, BATCH)
  async recordOutcomes(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    await this.recorder.record('outcome', messages.map(recordable));
  }
}

function recordable({ subject, envelope }: ReceivedMessage): Recordable {
  return { envelope, origin: subject };
}
