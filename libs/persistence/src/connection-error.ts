import { DatabaseError } from 'pg';

/** What a failed statement says about the server it was sent to. */
export type ConnectionVerdict =
  /** The statement itself was refused; the connection is healthy. */
  | 'statement'
  /** The connection is gone, and probably the server with it. */
  | 'lost'
  /** No answer in time: the server may hang, or a network between us and it. */
  | 'silent'
  /** No connection was to be had, which says nothing about the server's health. */
  | 'exhausted'
  /** The server answered that it cannot do this now: no space, too slow, a standby. Nothing was written. */
  | 'overburdened';

const NETWORK_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH',
  'ENOTFOUND', 'EAI_AGAIN',
]);

// admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped
const GOING_AWAY = new Set(['57P01', '57P02', '57P03', '57P04']);
// too_many_connections: the server is well, only full.
const FULL = '53300';

// query_canceled (the statement timeout), lock_not_available, serialization_failure, deadlock_detected,
// read_only_sql_transaction (a standby after a failover), idle_in_transaction_session_timeout
const NOT_NOW = new Set(['57014', '55P03', '40001', '40P01', '25006', '25P03']);
// insufficient_resources (disk, memory) and system_error (I/O): the same statement passes once somebody has made room.
const NOT_NOW_CLASSES = new Set(['53', '58']);

// node-postgres raises these without a code.
const LOST_MESSAGES = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Connection ended unexpectedly',
];

export function judgeError(error: unknown): ConnectionVerdict {
  if (!(error instanceof Error)) return 'statement';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === FULL || error.message === 'timeout exceeded when trying to connect') return 'exhausted';
  if (error.message === 'Query read timeout' || error.message.includes('due to connection timeout')) return 'silent';
  if (NETWORK_CODES.has(code) || GOING_AWAY.has(code) || code.startsWith('08')) return 'lost';
  if (error instanceof DatabaseError && (NOT_NOW.has(code) || NOT_NOW_CLASSES.has(code.slice(0, 2)))) return 'overburdened';
  if (LOST_MESSAGES.some((message) => error.message.startsWith(message))) return 'lost';
  if (error instanceof AggregateError) return error.errors.some((inner) => judgeError(inner) === 'lost') ? 'lost' : 'statement';
  return 'statement';
}

/** Whether the server itself has spoken, however unwelcome its words: then it does not hang. */
export function isAnswer(error: unknown): boolean {
  return error instanceof DatabaseError && judgeError(error) !== 'lost';
}
