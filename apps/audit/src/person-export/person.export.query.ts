import { z } from 'zod';

export const personExportQuery = z.strictObject({ format: z.enum(['json', 'html'], 'must be json or html').optional() });
