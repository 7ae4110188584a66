import type { OwnTopology } from './topology.definitions.js';

export interface MessagingOptions {
  /** `nats://host:port`, or `host:port`; the client tries them in turn. */
  servers: string[];
  user?: string;
  password?: string;
  /** Names the connection on the server, the inbox prefix and the durable consumers. */
  service: string;
  /**
   * Whether this process is of no use without NATS (default true). `false` keeps it ready while NATS is away:
   * an ingress goes on accepting into its ledger.
   */
  vital?: boolean;
  /** What it makes again when it is lost or broken; it needs the rights to (`natsPermissions`). Without it, nothing. */
  topology?: OwnTopology;
  /** Called once when the client gives up for good. The default ends the process gracefully with exit code 1. */
  onFatal?: (reason: Error) => void;
}

export const MESSAGING_OPTIONS = Symbol('MESSAGING_OPTIONS');

/** A prefix of its own lets the server forbid a service to listen to anybody else's replies. */
export function inboxPrefix(service: string): string {
  return `_INBOX_${service}`;
}

/**
 * Where answers to questions go, apart from every other reply: services that answer may publish there, and so could
 * not forge an acknowledgement of JetStream.
 */
export function answerPrefix(service: string): string {
  return `${ANSWERS}.${service}`;
}

export const ANSWERS = '_ANSWERS';

/** The consumer with which a service looks for messages that are to be overwritten. */
export function finderOf(service: string): string {
  return `${service}-finder`;
}
