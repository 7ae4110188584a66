import { z } from 'zod';
import { SITE_ID } from '../envelope/envelope.schema.js';
import { UUID_V7 } from '../envelope/identifier.js';
import { instant } from '../schemas/time.schema.js';

/** What `posthorn.deliveries.of-event` asks. */
export const deliveriesQuestion = z.object({ eventId: z.string().regex(UUID_V7) });

export const DELIVERY_STATES = ['pending', 'attempting', 'delivered', 'retrying', 'unknown', 'dead', 'held', 'skipped', 'erased'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One service's answer: each delivery of the event it has; none when it has no use for the event, or not yet heard of it. */
export const deliveriesAnswer = z.object({
  service: z.string().regex(SITE_ID),
  deliveries: z.array(
    z.object({
      connection: z.string(),
      action: z.string(),
      state: z.enum(DELIVERY_STATES),
      attempts: z.int().min(0),
      externalId: z.string().optional(),
      nextAttemptAt: instant.optional(),
      error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
      updatedAt: instant,
    }),
  ),
});

export type DeliveriesQuestion = z.infer<typeof deliveriesQuestion>;
export type DeliveriesAnswer = z.infer<typeof deliveriesAnswer>;
