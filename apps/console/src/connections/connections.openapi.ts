import { backlog, CHECK_RESULTS, CONNECTION_STATES } from '@posthorn/contracts';
import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { serviceOnly } from '../asking/question.reader.js';
import { unanswered, UNANSWERED_PROBLEMS } from '../asking/unanswered.openapi.js';
import type { ConnectionView } from './connection.merge.js';
import { connectionsQuery, isolation } from './connection.orders.js';
import type { CheckView, ConnectionsView, ControlView } from './connections.controller.js';

const TAG = 'Connections';
const ID = 'acme-hubspot';
const state = z.enum(CONNECTION_STATES).describe('From calls that flow to calls that a person has stopped; "parked": the provider refuses the credentials.');
const time = z.iso.datetime();

const connection = z.object({
  service: z.string(),
  connection: z.string(),
  site: z.string(),
  provider: z.string(),
  state: state.describe('The worst that any replica says.'),
  reason: z.string().optional(),
  openUntil: time.optional(),
  backlog: backlog.optional(),
  oldestWaiting: time.optional(),
  perSecond: z.number().optional(),
  drainSeconds: z.number().nullable().describe('Until nothing waits, at the rate it last had; null while nobody can know.'),
  checkable: z.boolean(),
  replicas: z.array(z.object({ instance: z.string(), state: z.enum(CONNECTION_STATES), reason: z.string().optional(), openUntil: time.optional() })),
}) satisfies z.ZodType<ConnectionView>;
const connections = z.object({ connections: z.array(connection), unanswered }) satisfies z.ZodType<ConnectionsView>;
const control = z.object({
  service: z.string(),
  connection: z.string(),
  state: state.optional(),
  reason: z.string().optional(),
  replicas: z.int().describe('That obeyed at once; others follow within seconds.'),
}) satisfies z.ZodType<ControlView>;
const check = z.object({
  service: z.string(),
  connection: z.string(),
  result: z.enum(CHECK_RESULTS).optional(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
  tookMs: z.number().optional(),
  state: state.optional(),
}) satisfies z.ZodType<CheckView>;

const path = { id: { about: 'The id of the connection.', schema: connectionsQuery.shape.connection.unwrap() } };
const problems = { 400: ['query-invalid'], 404: ['connection-unknown'], 409: ['connection-ambiguous', 'order-superseded'], ...UNANSWERED_PROBLEMS, 422: ['operation-refused', 'validation-failed'] };

export const LIST_CONNECTIONS: Operation = {
  tag: TAG,
  summary: 'Every connection, as all replicas of its service see it together',
  query: connectionsQuery,
  answers: { 200: { about: 'The connections, by service and id.', content: { 'application/json': connections } } },
  problems: { 400: ['query-invalid'], ...UNANSWERED_PROBLEMS },
  examples: [
    {
      title: 'All of them',
      status: 200,
      answer: {
        connections: [{ service: 'crm-sync', connection: ID, site: 'acme', provider: 'hubspot', state: 'open', reason: '5 of 5 calls failed within 10 s', openUntil: '2026-11-22T17:20:05.114Z', backlog: { pending: 118, attempting: 0, retrying: 5, unknown: 0, held: 0, dead: 2, more: false }, perSecond: 14.2, drainSeconds: 13, checkable: true, replicas: [{ instance: '9f1c04aa', state: 'open' }] }],
        unanswered: [],
      },
    },
  ],
};

export const ISOLATE: Operation = {
  tag: TAG,
  summary: 'Stops all calls of a connection',
  about: 'At every replica, over restarts, until it is released. Its deliveries wait; no attempt is counted. Where two services have a connection of this id, "service" says which.',
  path,
  body: { 'application/json': isolation },
  answers: { 200: { about: 'It is isolated.', content: { 'application/json': control } } },
  problems,
  examples: [{ title: 'While a provider moves', path: { id: ID }, body: { reason: 'HubSpot moves our account tonight' }, status: 200 }, { title: 'Without a reason', path: { id: ID }, body: {}, status: 422 }],
};

export const RELEASE: Operation = {
  tag: TAG,
  summary: 'Lets the calls of a connection flow again',
  about: "Ends an operator's stop, and also an open circuit, refused credentials and a provider's pause: whoever releases says that the provider is well.",
  path,
  body: { 'application/json': serviceOnly },
  bodyOptional: true,
  answers: { 200: { about: 'It is released.', content: { 'application/json': control } } },
  problems,
  examples: [{ title: 'Once the provider is well', path: { id: ID }, status: 200 }],
};

export const CHECK: Operation = {
  tag: TAG,
  summary: 'Asks the provider whether it accepts the credentials',
  about: 'One replica asks. Parked work goes on when they are accepted.',
  path,
  body: { 'application/json': serviceOnly },
  bodyOptional: true,
  answers: { 200: { about: 'What the provider said.', content: { 'application/json': check } } },
  problems,
  examples: [{ title: 'After the token was exchanged', path: { id: ID }, status: 200, answer: { service: 'crm-sync', connection: ID, result: 'accepted', tookMs: 84, state: 'closed' } }],
};
