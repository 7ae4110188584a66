import { EXAMPLES, WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import type { Recorded } from '../recorded.test-kit.js';

export const STANDARD_WEBHOOKS: Recorded[] = WEBSITE_EVENT_TYPES.map((type) => ({
  what: `our own ${type}`,
  body: { type, timestamp: '2026-11-23T09:13:01.000Z', data: EXAMPLES[type] },
  becomes: [{ type, time: '2026-11-23T09:13:01.000Z', data: EXAMPLES[type] } as Recorded['becomes'][number]],
}));
