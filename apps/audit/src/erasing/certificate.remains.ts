import type { ErasureCause } from '@posthorn/contracts';
import type { ConnectionView, PlaceView, Remains, RequestView } from './certificate.js';

const DAY_MS = 86_400_000;
/** A person has to do something about these, or time. */
const STUCK = ['dead', 'held', 'unknown'];

export interface RemainsInput {
  cause: ErasureCause;
  requests: readonly RequestView[];
  unable: readonly string[];
  /** Values that are shown to nobody, under keys that are still needed. */
  kept: number;
  /** To whom personal values are streamed. */
  streams: readonly string[];
  backupDays: number | undefined;
}

/** What an erasure leaves, and why: what is stuck, and what was never in our hands. */
export function remainsOf({ cause, requests, unable, kept, streams, backupDays }: RemainsInput): Remains[] {
  const places = requests.flatMap((request) => request.places);
  return [...places.flatMap(stuckAt), ...unable.map(unableToErase), ...keptInLog(kept), ...told(MAILED, places), ...(cause === 'retention' ? [LEFT_AT_PROVIDERS] : [...told(BROUGHT, places), ...providersBackups(places)]), ...streamed(streams), databaseBackups(places, backupDays)];
}

function stuckAt({ place, connections }: PlaceView): Remains[] {
  return connections
    .filter(({ state }) => STUCK.includes(state))
    .map(({ connection, state, error }) => ({
      what: 'delivery-stuck',
      text: `${place} could not erase the person at ${connection} (${state}${error === undefined ? '' : `: ${error.code}`}). ${error?.remedy ?? 'Mend the cause.'} Then let it try again: posthorn redeliver --connection ${connection}`,
      places: [connection],
    }));
}

const unableToErase = (service: string): Remains => ({
  what: 'service-cannot-erase',
  text: `${service} takes events of these types and takes no erasures, so it has erased nothing. Update it, and look into its tables.`,
  places: [service],
});

function keptInLog(count: number): Remains[] {
  if (count === 0) return [];
  return [{ what: 'log-values-kept', count, text: `${count} entries of the log are shown to nobody any more, but the keys they are sealed with are needed for later events of the same people. They are destroyed with the last of these.` }];
}

// What services tell in their facts, and what it means.
interface Told {
  what: Remains['what'];
  fact: string;
  means: string;
  /** A service that tells this says it more exactly. */
  unless?: string;
}

const MAILED: readonly Told[] = [
  { what: 'mails-sent', fact: 'mailsSent', means: 'mails had been sent before. What lies in mailboxes cannot be called back.' },
  { what: 'mails-perhaps-sent', fact: 'mailsPerhapsSent', means: 'mails may have been sent: their mail server never said.' },
];
const BROUGHT: readonly Told[] = [
  { what: 'uncertain', fact: 'uncertain', unless: 'mailsPerhapsSent', means: 'deliveries had an end that nobody knows: what they were to bring may be at the provider. Look there.' },
  { what: 'beyond-reach', fact: 'beyondReach', means: 'deliveries had gone to connections that are not configured any more, so nobody asked their providers to erase. Do it there by hand.' },
];

const LEFT_AT_PROVIDERS: Remains = {
  what: 'left-at-providers',
  text: 'What was only kept for long enough is erased in these places alone. What was brought to CRM, mailbox and calendar is kept there for as long as you keep it.',
};

function told(all: readonly Told[], places: readonly PlaceView[]): Remains[] {
  return all.flatMap(({ what, fact, unless = '', means }) => {
    const having = places.flatMap(({ place, facts = {} }) => (typeof facts[fact] === 'number' && facts[fact] > 0 && !(unless in facts) ? [{ place, count: facts[fact] }] : []));
    const count = having.reduce((sum, one) => sum + one.count, 0);
    return count === 0 ? [] : [{ what, count, places: [...new Set(having.map(({ place }) => place))], text: `${count} ${means}` }];
  });
}

function providersBackups(places: readonly PlaceView[]): Remains[] {
  const asked = [...new Set(places.flatMap(({ connections }) => connections.filter(hasErased)).map(({ connection }) => connection))];
  if (asked.length === 0) return [];
  return [{ what: 'provider-backups', places: asked, text: `${asked.join(', ')}: the provider has erased, and its own backups and logs expire as it says. Its terms tell when.` }];
}

function streamed(streams: readonly string[]): Remains[] {
  if (streams.length === 0) return [];
  return [{ what: 'streamed', places: [...streams], text: `${streams.join(', ')}: whoever receives this stream of the log has what was brought there before, and Posthorn cannot erase it. Do it there by hand.` }];
}

const hasErased = ({ state }: ConnectionView): boolean => state === 'delivered' || state === 'erased';

function databaseBackups(places: readonly PlaceView[], days: number | undefined): Remains {
  const done = places.every(({ state }) => state === 'erased');
  const last = places.map(({ at }) => at ?? '').sort().at(-1) ?? '';
  const before = done ? `from before ${last}` : 'from before the erasure is complete';
  if (days === undefined) return { what: 'database-backups', text: `Backups of the databases ${before} hold it for as long as they are kept. The operator has not stated how long (audit.erasure.backupDays).` };
  const until = done ? new Date(Date.parse(last) + days * DAY_MS).toISOString() : undefined;
  return { what: 'database-backups', until, text: `Backups of the databases ${before} hold it until they expire${until === undefined ? `, ${days} days after that` : ` on ${until.slice(0, 10)}`}.` };
}
