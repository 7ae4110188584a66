import { z } from 'zod';
import { SITE_ID } from '../envelope/envelope.schema.js';

/** Asked over request–reply; every service answers with what it would do about events that do not exist yet. */
export const MAPPING_PREVIEW = 'posthorn.mapping.preview';

/** How many events one question may be about. */
export const PREVIEW_EVENTS_MAX = 250;

export const previewQuestion = z.object({
  events: z.array(z.looseObject({ id: z.string() })).min(1).max(PREVIEW_EVENTS_MAX),
  /** Whether the answer is to say what the provider would be told; without it, only who would receive what. */
  mapped: z.boolean(),
});

/** What a provider would be asked to do, as its adapter hears it. */
export const previewCall = z.object({ does: z.string(), with: z.unknown() });

export const previewReceiver = z.object({
  eventId: z.string(),
  connection: z.string(),
  provider: z.string(),
  action: z.string(),
  mapped: z.array(previewCall).optional(),
  /** Why nothing would be delivered. */
  skipped: z.string().optional(),
  /** Why the delivery would fail before the provider is asked anything. */
  problem: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
});

export const previewAnswer = z.object({ service: z.string().regex(SITE_ID), receivers: z.array(previewReceiver) });

export type PreviewQuestion = z.infer<typeof previewQuestion>;
export type PreviewAnswer = z.infer<typeof previewAnswer>;
export type PreviewCall = z.infer<typeof previewCall>;
export type PreviewReceiver = z.infer<typeof previewReceiver>;
