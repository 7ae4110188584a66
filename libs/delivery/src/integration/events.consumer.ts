import { EVENTS_STREAM } from '@posthorn/contracts';
import { type ConsumerDefinition } from '@posthorn/messaging';

/** Where a service takes its events from: named alike by whoever makes it, mends it and listens to it. */
export const eventsConsumerOf = (service: string): ConsumerDefinition => ({ stream: EVENTS_STREAM, durable: service });
