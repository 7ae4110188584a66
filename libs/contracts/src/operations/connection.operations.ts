import { z } from 'zod';
import { key } from '../schemas/text.schema.js';
import { instant } from '../schemas/time.schema.js';
import { actor, answerHead, reason, serviceName, siteName, uuidV7 } from './operations.answer.js';

/** From calls that flow to calls that a person has stopped. */
export const CONNECTION_STATES = ['closed', 'half-open', 'open', 'parked', 'isolated'] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** Above this, open deliveries and dead letters are not counted on. */
export const COUNTED_AT_MOST = 100_000;

const count = z.int().min(0);

export const connectionsQuestion = z.object({ service: serviceName.optional(), connection: key(100).optional(), site: siteName.optional() });

export const backlog = z.object({
  pending: count,
  attempting: count,
  retrying: count,
  unknown: count,
  held: count,
  dead: count,
  /** There are more than COUNTED_AT_MOST: the numbers are a sample. */
  more: z.boolean(),
});
export type Backlog = z.infer<typeof backlog>;

export const connectionReport = z.object({
  connection: z.string(),
  site: z.string(),
  provider: z.string(),
  /** Of this replica's guard. */
  state: z.enum(CONNECTION_STATES),
  reason: z.string().optional(),
  openUntil: instant.optional(),
  /** Absent while the service's database is away. The same from every replica. */
  backlog: backlog.optional(),
  oldestWaiting: instant.optional(),
  /** Deliveries that this replica brought to an end in a second, while it last had any. */
  perSecond: z.number().min(0).optional(),
  /** Whether its credentials can be checked. */
  checkable: z.boolean(),
});
export type ConnectionReport = z.infer<typeof connectionReport>;

export const connectionsAnswer = answerHead.extend({ connections: z.array(connectionReport).default([]) });
export type ConnectionsAnswer = z.infer<typeof connectionsAnswer>;

const order = z.object({ id: uuidV7, actor, service: serviceName, connection: key(100) });

/** `id` is of the order, made by who asks: however many replicas hear it, it is carried out once. The newest order holds. */
export const isolateQuestion = order.extend({ reason });
export const releaseQuestion = order;
export type IsolateQuestion = z.infer<typeof isolateQuestion>;
export type ReleaseQuestion = z.infer<typeof releaseQuestion>;

/** `applied` is false where a newer order holds. */
export const controlAnswer = answerHead.extend({ applied: z.boolean().default(false), state: z.enum(CONNECTION_STATES).optional(), reason: z.string().optional() });
export type ControlAnswer = z.infer<typeof controlAnswer>;

/** One replica checks; who asks says which. */
export const checkQuestion = order.extend({ instance: z.string().min(1).max(100) });
export type CheckQuestion = z.infer<typeof checkQuestion>;

export const CHECK_RESULTS = ['accepted', 'rejected', 'failed', 'not-called', 'unsupported'] as const;
export type CheckResult = (typeof CHECK_RESULTS)[number];

export const checkAnswer = answerHead.extend({
  result: z.enum(CHECK_RESULTS).optional(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
  tookMs: z.number().optional(),
  state: z.enum(CONNECTION_STATES).optional(),
});
export type CheckAnswer = z.infer<typeof checkAnswer>;
