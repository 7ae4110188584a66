import { Injectable, Logger } from '@nestjs/common';
import { prepared, type Transaction } from '@posthorn/persistence';
import type { NewEntry } from '../recording/entry.js';
import { ERASURE_REQUESTED, type ErasureRequest, type ErasureStep, requestIn, stepIn } from './erasure.notice.js';
import { PeopleEraser } from './people.eraser.js';

/** An entry that is about to be written at its position. */
export interface ComingEntry {
  entry: NewEntry;
  position: number;
  recordedAt: Date;
}

const LISTED = prepared('SELECT id, site FROM listed_events WHERE id = ANY($1::uuid[])');
const OPEN = `
  INSERT INTO erasures (id, correlation, site, cause, events, people, unlisted, position, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (id) DO NOTHING`;
// Who says it twice has said it the first time.
const STEP = `
  INSERT INTO erasure_steps (request, place, entry, position, told_at, facts) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (request, place) DO NOTHING`;
const SETTLE = 'DELETE FROM listed_events WHERE id = ANY($1::uuid[])';

/** Keeps what is to be forgotten and who has forgotten it, in the transaction that records what says so. */
@Injectable()
export class ErasureBook {
  private readonly logger = new Logger(ErasureBook.name);

  constructor(private readonly eraser: PeopleEraser) {}

  /** Does what the requests among the entries ask of the log. Answers the ids of those that must be written without their personal values. */
  async take(tx: Transaction, coming: readonly ComingEntry[]): Promise<ReadonlySet<string>> {
    for (const { entry, ...place } of coming) {
      const [request, step] = [requestIn(entry), stepIn(entry)];
      if (request !== undefined) await this.open(tx, request, place);
      else if (entry.kind === 'event' && entry.envelope.type === ERASURE_REQUESTED) this.logger.error({ request: entry.envelope.id }, 'An erasure was requested in words that this release cannot read, so the log has erased nothing; update audit');
      if (step !== undefined) await note(tx, step, entry, place);
    }
    const sites = new Map(coming.flatMap(({ entry: { kind, envelope } }) => (kind === 'event' ? [[envelope.id, envelope.site] as const] : [])));
    if (sites.size === 0) return new Set();
    const late = await tx.query<{ id: string; site: string }>(LISTED, [[...sites.keys()]]);
    if (late.length > 0) await tx.query(SETTLE, [late.map(({ id }) => id)]);
    return new Set(late.flatMap(({ id, site }) => (sites.get(id) === site ? [id] : [])));
  }

  private async open(tx: Transaction, request: ErasureRequest, { position, recordedAt }: Omit<ComingEntry, 'entry'>): Promise<void> {
    const { people, unlisted } = await this.eraser.erase(tx, request);
    const events = Object.fromEntries(Object.entries(request.events).map(([type, ids]) => [type, ids.length]));
    await tx.query(OPEN, [request.id, request.correlation, request.site, request.cause, JSON.stringify(events), people, unlisted, position, recordedAt.toISOString()]);
  }
}

async function note(tx: Transaction, { request, place, facts }: ErasureStep, { envelope }: NewEntry, { position }: Pick<ComingEntry, 'position'>): Promise<void> {
  await tx.query(STEP, [request, place, envelope.id, position, envelope.time, JSON.stringify(facts)]);
}
