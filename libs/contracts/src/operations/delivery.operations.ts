import { z } from 'zod';
import { TYPE_NAME } from '../envelope/envelope.schema.js';
import { DELIVERY_STATES } from '../questions/deliveries.question.js';
import { key, line } from '../schemas/text.schema.js';
import { instant } from '../schemas/time.schema.js';
import { actor, answerHead, serviceName, siteName, uuidV7 } from './operations.answer.js';

export const MAX_DELIVERIES_LISTED = 200;
export const MAX_DELIVERIES_NAMED = 500;
export const MAX_REDELIVERIES_PER_SECOND = 500;

/** Every criterion must hold; `from` and `to` are about when the event was accepted. */
export const deliveryFilter = z.strictObject({
  site: siteName.optional(),
  type: z.string().max(100).regex(TYPE_NAME, 'must be a type such as lead.submitted').optional(),
  connection: key(100).optional(),
  states: z.array(z.enum(DELIVERY_STATES)).min(1).max(DELIVERY_STATES.length).optional(),
  errorCode: line(100, 1).optional(),
  from: instant.optional(),
  to: instant.optional(),
  eventId: uuidV7.optional(),
  ids: z.array(uuidV7).min(1).max(MAX_DELIVERIES_NAMED).optional(),
});
export type DeliveryFilter = z.infer<typeof deliveryFilter>;

/** Where a page ended. Deliveries are listed by event, service, connection and action, the newest event first. */
export const deliveryPosition = z.object({ eventId: uuidV7, service: serviceName, connection: key(100), action: key(100) });
export type DeliveryPosition = z.infer<typeof deliveryPosition>;

export const deliveriesListQuestion = z.object({
  service: serviceName.optional(),
  filter: deliveryFilter.default({}),
  limit: z.int().min(1).max(MAX_DELIVERIES_LISTED),
  after: deliveryPosition.optional(),
});
export type DeliveriesListQuestion = z.infer<typeof deliveriesListQuestion>;

export const listedDelivery = z.object({
  id: z.string(),
  eventId: z.string(),
  connection: z.string(),
  action: z.string(),
  site: z.string(),
  type: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.int(),
  externalId: z.string().optional(),
  outcome: z.string().optional(),
  nextAttemptAt: instant.optional(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
  updatedAt: instant,
});
export type ListedDelivery = z.infer<typeof listedDelivery>;

export const deliveriesListAnswer = answerHead.extend({ deliveries: z.array(listedDelivery).default([]), more: z.boolean().default(false) });
export type DeliveriesListAnswer = z.infer<typeof deliveriesListAnswer>;

/** Without `states`: what is dead or held. What was skipped is sent again only when that is asked for. */
export const redeliverQuestion = z.object({
  id: uuidV7,
  actor,
  service: serviceName.optional(),
  filter: deliveryFilter,
  /** Only counts. */
  preview: z.boolean(),
  perSecond: z.int().min(1).max(MAX_REDELIVERIES_PER_SECOND),
});
export type RedeliverQuestion = z.infer<typeof redeliverQuestion>;

export const REDELIVERY_STATES = ['running', 'finished', 'stopped'] as const;
export type RedeliveryState = (typeof REDELIVERY_STATES)[number];

const count = z.int().min(0);

/** `refused`: this version of the service could not deliver them. They stay what they are. */
export const redeliveryShare = z.object({ connection: z.string(), site: z.string(), matched: count, redelivered: count, refused: count });
export type RedeliveryShare = z.infer<typeof redeliveryShare>;

export const redeliveryReport = z.object({
  id: uuidV7,
  actor: z.string(),
  state: z.enum(REDELIVERY_STATES),
  perSecond: z.int(),
  matched: count,
  redelivered: count,
  refused: count,
  connections: z.array(redeliveryShare),
  startedAt: instant,
  endedAt: instant.optional(),
  stoppedBy: z.string().optional(),
});
export type RedeliveryReport = z.infer<typeof redeliveryReport>;

/** `matched` where it was a preview; else how the redelivery stands. */
export const redeliverAnswer = answerHead.extend({ matched: z.array(redeliveryShare.pick({ connection: true, site: true, matched: true })).default([]), redelivery: redeliveryReport.optional() });
export type RedeliverAnswer = z.infer<typeof redeliverAnswer>;

/** How it stands; with `stop`, it ends where it is. */
export const redeliveryQuestion = z.object({ id: uuidV7, service: serviceName.optional(), stop: z.object({ actor }).optional() });
export type RedeliveryQuestion = z.infer<typeof redeliveryQuestion>;

export const redeliveryAnswer = answerHead.extend({ redelivery: redeliveryReport.optional() });
export type RedeliveryAnswer = z.infer<typeof redeliveryAnswer>;
