import { ERASURE_EVENTS_MAX } from '@posthorn/contracts';
import { firstIdAt } from '@posthorn/ledger';
import type { Transaction } from '@posthorn/persistence';
import type { RetentionRule } from './retention.rules.js';

const DAY_MS = 86_400_000;
const BEGINNING = '00000000-0000-0000-0000-000000000000';

// So many ids at a time, whosever they are: however rare the rule's events, a step is a short walk along the key.
const NEXT = `
  WITH step AS (SELECT id, site, type FROM ledger WHERE id > $1 AND id < $2 ORDER BY id LIMIT ${ERASURE_EVENTS_MAX})
  SELECT id, site = $3 AND type = ANY ($4::text[]) AS due FROM step ORDER BY id`;

/** Whoever moves a mark of the site has the site's retention to itself until the commit. */
export const retentionLockName = (site: string): string => `posthorn retention of ${site}`;

export interface RetentionStep {
  /** Kept for long enough, by this rule. */
  due: string[];
  /** Whether there may be more. */
  more: boolean;
}

/** Goes one step further with a rule, in the transaction that erases what it finds. */
export async function nextStep(tx: Transaction, { site, name, days, types }: RetentionRule): Promise<RetentionStep> {
  const [mark] = await tx.query<{ id: string }>('SELECT erased_up_to AS id FROM retention_marks WHERE site = $1 AND rule = $2', [site, name]);
  const rows = await tx.query<{ id: string; due: boolean }>(NEXT, [mark?.id ?? BEGINNING, firstIdAt(Date.now() - days * DAY_MS), site, types]);
  const last = rows.at(-1);
  if (last !== undefined) {
    await tx.query(
      `INSERT INTO retention_marks (site, rule, erased_up_to) VALUES ($1, $2, $3)
       ON CONFLICT (site, rule) DO UPDATE SET erased_up_to = EXCLUDED.erased_up_to`,
      [site, name, last.id],
    );
  }
  return { due: rows.filter(({ due }) => due).map(({ id }) => id), more: rows.length === ERASURE_EVENTS_MAX };
}
