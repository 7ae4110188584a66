import { z } from 'zod';
import { ContractError } from '../contract.error.js';
import { SITE_ID, TYPE_NAME } from '../envelope/envelope.schema.js';
import { UUID_V7 } from '../envelope/identifier.js';

/** Asked of everybody: who keeps a ledger? Answered with `ledgerPublisher`. */
export const LEDGER_PUBLISHERS = 'posthorn.ledger.publishers';

/** Whose ledger holds the events; every other publisher's holds outcomes. */
export const EVENTS_PUBLISHER = 'ingress';

export const LEDGER_QUESTIONS = ['digest', 'ids', 'entries'] as const;
export type LedgerQuestion = (typeof LEDGER_QUESTIONS)[number];

/**
 * Where one publisher is asked about its ledger: `posthorn.ledger.digest.ingress`. The publisher is a part of the
 * subject, so that nobody else may listen there and answer in its name.
 */
export function ledgerSubject(question: LedgerQuestion, publisher: string): string {
  if (SITE_ID.test(publisher)) return `posthorn.ledger.${question}.${publisher}`;
  throw new ContractError('No subject can be built', [{ pointer: '/publisher', rule: 'pattern', message: 'must be the name of a service' }]);
}

const id = z.string().regex(UUID_V7, 'must be a lower-case UUIDv7');
const publisher = z.string().regex(SITE_ID, 'must be the name of a service');

/** Only entries of these types; without them, all. A publisher of an earlier release does not know the word and answers for all. */
const types = z.array(z.string().max(100).regex(TYPE_NAME, 'must be a type such as lead.submitted')).min(1).max(100).optional();

/** From this id on, up to what is at least so old by the publisher's own clock. */
export const ledgerDigestQuestion = z.object({ from: id, minAgeMs: z.int().min(0), types });
/** Ids are times: a range of ids is a span of time, to the millisecond and with nothing to round. */
export const ledgerIdsQuestion = z.object({ from: id, until: id, types });
export const MAX_ENTRIES_ASKED = 100;
export const ledgerEntriesQuestion = z.object({ ids: z.array(id).max(MAX_ENTRIES_ASKED) });

export const ledgerPublisher = z.object({ publisher });

/** One minute of UTC (minutes since 1970): how many ids, and the exclusive or of their lower 64 bits as 16 hex digits. */
export const minuteDigest = z.object({ minute: z.int().min(0), count: z.int().min(0), xor: z.string().regex(/^[0-9a-f]{16}$/) });

/** `until` is where the answer ends, exclusively; unless `done`, the rest is asked for from there. `types` are those it is about; without them, all. */
export const ledgerDigestAnswer = z.object({ until: id, done: z.boolean(), minutes: z.array(minuteDigest), types });
export const ledgerIdsAnswer = z.object({ until: id, ids: z.array(id) });
/** In the order of their ids; those that did not fit are missing at the end and are asked for again. */
export const ledgerEntriesAnswer = z.object({ entries: z.array(z.looseObject({ id })) });

export type MinuteDigest = z.infer<typeof minuteDigest>;
export type LedgerDigestAnswer = z.infer<typeof ledgerDigestAnswer>;
export type LedgerIdsAnswer = z.infer<typeof ledgerIdsAnswer>;
export type LedgerEntriesAnswer = z.infer<typeof ledgerEntriesAnswer>;
