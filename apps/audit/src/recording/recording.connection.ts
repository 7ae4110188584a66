import type { INestApplication } from '@nestjs/common';
import { EVENTS_STREAM, OUTCOMES_STREAM } from '@posthorn/contracts';
import { connectMessaging } from '@posthorn/messaging';
import { SERVICE } from '../config.js';

/** Of both streams the log has a durable consumer of its own. */
export const CONSUMERS = [EVENTS_STREAM, OUTCOMES_STREAM].map((stream) => ({ stream, durable: SERVICE }));

/** Connects the log to both streams, and its answers to those who ask. */
export function connectRecording(app: INestApplication): void {
  connectMessaging(app, {
    consumers: CONSUMERS.map((consumer) => ({ ...consumer, batchSize: 500 })),
    answers: true,
  });
}
