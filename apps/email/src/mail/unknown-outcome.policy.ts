import { type HandlerConnection, type UnknownPolicy } from '@posthorn/delivery';

/**
 * SMTP has no way to ask what became of a message, so the connection declares it: at least once (the default: send
 * again under the same Message-ID) or at most once (hold it for an operator).
 */
export function unknownOutcomePolicy(connection: HandlerConnection): UnknownPolicy {
  return connection.options['unknownOutcome'] === 'at-most-once' ? 'hold' : 'retry';
}
