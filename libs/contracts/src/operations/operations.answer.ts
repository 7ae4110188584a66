import { z } from 'zod';
import { SITE_ID } from '../envelope/envelope.schema.js';
import { UUID_V7 } from '../envelope/identifier.js';
import { key, line } from '../schemas/text.schema.js';

export const serviceName = z.string().regex(SITE_ID, 'must be the name of a service');
export const siteName = z.string().regex(SITE_ID, 'must be a site id');
export const uuidV7 = z.string().regex(UUID_V7, 'must be a lower-case UUIDv7');

/** Who does it: the id of an operator's key. */
export const actor = key(100);
export const reason = line(300, 1);

/** Why a service could not answer what was asked. */
export const operationProblem = z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() });
export type OperationProblem = z.infer<typeof operationProblem>;

/** What every answer begins with. `instance` tells replicas apart for as long as each of them runs. */
export const answerHead = z.object({ service: serviceName, instance: z.string().min(1).max(100), problem: operationProblem.optional() });
export type AnswerHead = z.infer<typeof answerHead>;
