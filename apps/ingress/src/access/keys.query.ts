import { KEY_KINDS } from '@posthorn/http';
import { z } from 'zod';

export const keyRotation = z.strictObject({ overlapHours: z.number().min(0).max(8_760).default(24) });
export const keySelection = z.strictObject({ site: z.string().max(100).optional(), kind: z.enum(KEY_KINDS).optional(), after: z.string().max(100).optional().describe('The "next" of the page before') });
