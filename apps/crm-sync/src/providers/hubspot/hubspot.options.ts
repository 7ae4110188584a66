import { z } from 'zod';

export const hubSpotOptions = z.strictObject({
  /** Another address only for a proxy or the sandbox. */
  baseUrl: z.url({ protocol: /^https?$/ }).default('https://api.hubapi.com'),
  /** A private app's token: contacts, notes and deals (write), and their schemas (write) for two properties. */
  accessToken: z.string().min(1),
  dealPipeline: z.string().min(1).default('default'),
  /** Where a paid order arrives. */
  dealStage: z.string().min(1).default('closedwon'),
  requestTimeoutMs: z.int().min(100).max(60_000).default(8_000),
});

export type HubSpotOptions = z.infer<typeof hubSpotOptions>;
