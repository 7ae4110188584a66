import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { inboxPrefix, type MessagingOptions } from './messaging.options.js';

/** The client's defaults give up after 20 s and notice a hung server after four minutes; these do neither. */
export function connectionOptions(options: Omit<MessagingOptions, 'vital' | 'onFatal' | 'topology'>): NodeConnectionOptions {
  return {
    servers: options.servers,
    user: options.user,
    pass: options.password,
    name: options.service,
    inboxPrefix: inboxPrefix(options.service),
    timeout: 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 250,
    // A rotated password is put right by an operator, on either side; giving up would need a restart as well.
    ignoreAuthErrorAbort: true,
    // A server that answers nothing is given up at the third ping: after 12 s at most.
    pingInterval: 4_000,
    maxPingOut: 2,
    // One stack trace per request is half of what a publish costs.
    noAsyncTraces: true,
  };
}
