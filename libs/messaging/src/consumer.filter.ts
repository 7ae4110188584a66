import type { ConsumerConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { TopologyError } from './messaging.error.js';
import type { ConsumerDefinition } from './topology.definitions.js';
import { consumerConfig } from './topology.objects.js';

/** From which release on a consumer may have several filters; an earlier one drops them without a word. */
const SEVERAL = [2, 10] as const;

type Filter = Pick<ConsumerConfig, 'filter_subject' | 'filter_subjects'>;

/** What this server is to be told, so that it delivers these subjects and as little else as it can help. */
export function filterFor(subjects: readonly string[], { info }: Pick<NatsConnection, 'info'>): Filter {
  const [major = 0, minor = 0] = (info?.version ?? '').split('.').map(Number);
  if (major > SEVERAL[0] || (major === SEVERAL[0] && minor >= SEVERAL[1])) return { filter_subjects: [...subjects] };
  const common = commonSubject(subjects);
  return common === undefined ? {} : { filter_subject: common };
}

/** The subjects that a consumer is delivered. */
export function filterOf({ filter_subject: one, filter_subjects: several = [] }: Filter): string[] {
  return one === undefined || one === '' ? several : [one];
}

export function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((subject) => b.includes(subject));
}

/** Whether everything that is wanted would be delivered. */
export function lets(filter: readonly string[], wanted: readonly string[]): boolean {
  return filter.length === 0 || wanted.every((subject) => filter.some((pattern) => isWithin(subject.split('.'), pattern.split('.'))));
}

/**
 * On the subject that makes a consumer, which the service may use for its own: the client would name the filter in the
 * subject or use an older one, and each needs a right more.
 */
export async function addFiltered(connection: NatsConnection, wanted: ConsumerDefinition, subjects: readonly string[], from?: Date | number): Promise<void> {
  const { stream, durable } = wanted;
  const filter = filterFor(subjects, connection);
  const request = { stream_name: stream, config: { ...consumerConfig(wanted, from), ...filter }, action: 'create' };
  const answer = await connection.request(`$JS.API.CONSUMER.CREATE.${stream}.${durable}`, JSON.stringify(request));
  const { error, config = {} } = answer.json<{ error?: { description: string }; config?: Filter }>();
  const [asked, given] = [filterOf(filter), filterOf(config)];
  if (error !== undefined || !isSame(asked, given)) throw new TopologyError('FILTER_REFUSED', error?.description ?? `asked for ${asked.join(', ')}, given ${given.join(', ')}`);
}

/** The narrowest single subject that all of them are within; undefined when that leaves out next to nothing. */
function commonSubject(subjects: readonly string[]): string | undefined {
  const [first = [], ...others] = subjects.map((subject) => subject.split('.'));
  const same = first.findIndex((token, index) => others.some((other) => other[index] !== token));
  if (same === -1) return first.join('.');
  const common = first.slice(0, same);
  if (common.slice(1).every((token) => token === '*')) return undefined;
  const onlyTheLast = same === first.length - 1 && others.every((other) => other.length === first.length);
  return [...common, onlyTheLast ? '*' : '>'].join('.');
}

function isWithin(subject: readonly string[], pattern: readonly string[]): boolean {
  const rest = pattern.at(-1) === '>';
  if (rest ? subject.length < pattern.length : subject.length !== pattern.length) return false;
  return pattern.every((token, index) => token === '>' || token === '*' || token === subject[index]);
}
