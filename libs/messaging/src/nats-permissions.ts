import { ANSWERS, answerPrefix, finderOf, inboxPrefix } from './messaging.options.js';

export interface ServiceAccess {
  name: string;
  /** Subjects it publishes into streams: `events.>`, `outcomes.crm-sync.>`. */
  publishes: readonly string[];
  consumes: readonly { stream: string; durable: string }[];
  /** Streams it makes again when they are lost: each stream has one owner. */
  owns?: readonly string[];
  /** Streams of which it may overwrite messages (`MessageEraser`). */
  erases?: readonly string[];
  /** Streams of which it may ask who has a consumer (`StreamSubscribers`). */
  lists?: readonly string[];
  /** Request–reply subjects it asks. */
  asks?: readonly string[];
  /** Request–reply subjects it answers. */
  answers?: readonly string[];
}

/** As nats.conf wants it under `permissions`. Whatever is not listed is forbidden. */
export interface NatsPermissions {
  publish: string[];
  subscribe: string[];
}

/**
 * The least a service needs. It may make its own durable consumer again, and the owner of a stream that stream; who
 * erases may take single messages out of a stream. Nobody may delete, purge or change a stream, touch another's consumer,
 * or read another's replies.
 *
 * Not `allow_responses`, though it is meant for those who answer: with it the server remembers the reply subject of
 * every message it delivers, JetStream's included, and looks through all of them for each message once they are more
 * than 4,096. After 24,000 messages within its time a server delivered 1,350 a second instead of 20,000. Without it,
 * an answer's subject ends with random letters that only those who were asked have seen.
 */
export function natsPermissions(service: ServiceAccess): NatsPermissions {
  const consumes = service.consumes.flatMap(({ stream, durable }) => [
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.CREATE.${stream}.${durable}`,
    `$JS.API.CONSUMER.DELETE.${stream}.${durable}`,
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.ACK.${stream}.${durable}.>`,
    // From 2.15 on the domain and the account's hash come first.
    `$JS.ACK.*.*.${stream}.${durable}.>`,
  ]);
  const { asks = [], answers = [], owns = [], erases = [], lists = [] } = service;
  const streams = owns.flatMap((stream) => [`$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.CREATE.${stream}`]);
  const messages = erases.flatMap((stream) => {
    const finder = `${stream}.${finderOf(service.name)}`;
    return [`$JS.API.STREAM.MSG.DELETE.${stream}`, `$JS.API.CONSUMER.CREATE.${finder}`, `$JS.API.CONSUMER.DELETE.${finder}`, `$JS.API.CONSUMER.MSG.NEXT.${finder}`];
  });
  return {
    publish: [...service.publishes, ...new Set([...consumes, ...streams]), ...messages, ...lists.map((stream) => `$JS.API.CONSUMER.NAMES.${stream}`), ...asks, ...(answers.length === 0 ? [] : [`${ANSWERS}.>`])],
    subscribe: [`${inboxPrefix(service.name)}.>`, ...answers, ...(asks.length === 0 ? [] : [`${answerPrefix(service.name)}.>`])],
  };
}

export interface NatsUser {
  user: string;
  password: string;
  /** Everything is allowed when there are none: for the provisioning step. */
  permissions?: NatsPermissions;
}

/** The `authorization` block of a nats.conf. */
export function natsAuthorization(users: readonly NatsUser[]): string {
  const entries = users.map((user) => `    ${JSON.stringify(user)}`);
  return `authorization {\n  users: [\n${entries.join(',\n')}\n  ]\n}\n`;
}
