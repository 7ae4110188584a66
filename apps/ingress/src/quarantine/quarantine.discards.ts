import { Injectable } from '@nestjs/common';
import { createEvent, type DiscardCause, eventSubject } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { currentTraceparent } from '@posthorn/observability';
import type { Transaction } from '@posthorn/persistence';
import type { WaitingState } from './set-aside.js';

export interface Discard {
  cause: DiscardCause;
  /** The key of who said so. */
  actor?: string;
}

interface Discarded {
  id: string;
  site: string;
  kind: WaitingState;
  code: string;
}

// The key of what is held or unmapped stays as long as the row: a repetition is answered like the first. Nobody was
// promised that of what was refused.
const EMPTY = `
  UPDATE quarantine
     SET state = 'discarded', decided_at = now(), decided_by = $2, draft = NULL, reasons = '[]', bytes = 0,
         idempotency_key = CASE WHEN kind <> 'refused' THEN idempotency_key END, body_hash = CASE WHEN kind <> 'refused' THEN body_hash END
   WHERE id = ANY($1::uuid[]) AND decided_at IS NULL RETURNING id, site, kind, code`;

/** Empties what is not to be let in, and says so. */
@Injectable()
export class QuarantineDiscards {
  constructor(private readonly ledger: Ledger) {}

  /** Of these what still waits, which is answered. Lock them before, in ascending order. */
  async discard(tx: Transaction, ids: readonly string[], { cause, actor }: Discard): Promise<string[]> {
    const discarded = await tx.query<Discarded>(EMPTY, [ids, actor ?? cause]);
    await tx.query('DELETE FROM quarantine_people p USING quarantine q WHERE p.id = q.id AND q.id = ANY($1::uuid[]) AND q.idempotency_key IS NULL', [discarded.map(({ id }) => id)]);
    const events = [...Map.groupBy(discarded, ({ site }) => site)].map(([site, each]) => {
      const entries = each.map(({ id, kind, code }) => ({ id, state: kind, code }));
      const data = { cause, ...(actor === undefined ? {} : { actor }), entries };
      return createEvent({ site, type: 'quarantine.discarded', data, source: '/quarantine', traceparent: currentTraceparent() });
    });
    await this.ledger.append(tx, events.map((envelope) => ({ envelope, subject: eventSubject(envelope.site, envelope.type) })));
    return discarded.map(({ id }) => id);
  }

  /** Discards whatever mentions somebody, and lets go of the keys under which it came. */
  async forget(tx: Transaction, site: string, people: readonly string[]): Promise<void> {
    const found = await tx.query<{ id: string }>(
      'SELECT id FROM quarantine WHERE site = $2 AND id IN (SELECT id FROM quarantine_people WHERE person = ANY($1::uuid[])) ORDER BY id FOR UPDATE',
      [people, site],
    );
    const ids = found.map(({ id }) => id);
    if (ids.length === 0) return;
    for (let next = 0; next < ids.length; next += AT_ONCE) await this.discard(tx, ids.slice(next, next + AT_ONCE), { cause: 'erasure' });
    await tx.query('UPDATE quarantine SET idempotency_key = NULL, body_hash = NULL WHERE id = ANY($1::uuid[])', [ids]);
    await tx.query('DELETE FROM quarantine_people WHERE id = ANY($1::uuid[])', [ids]);
  }
}

/** Within what one event can name. */
const AT_ONCE = 500;
