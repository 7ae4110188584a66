import type { ContractIssue } from '@posthorn/contracts';
import type { Channel } from '../admission/draft.js';
import type { KeptDraft } from './draft.record.js';
import type { QuarantineState, WaitingState } from './set-aside.js';

/** A row of the quarantine. */
export interface QuarantineRecord {
  id: string;
  site: string;
  channel: Channel;
  /** What it was set aside as. */
  kind: WaitingState;
  /** The kind, until it is decided. */
  state: QuarantineState;
  code: string;
  reasons: ContractIssue[];
  type: string | undefined;
  idempotencyKey: string | undefined;
  bodyHash: Buffer | undefined;
  /** Undefined once it is decided. */
  draft: KeptDraft | undefined;
  /** The draft as it is stored. */
  draftText: string | undefined;
  receivedAt: Date;
  decidedAt: Date | undefined;
  decidedBy: string | undefined;
  eventId: string | undefined;
}

export interface StoredRecord {
  id: string;
  site: string;
  channel: Channel;
  kind: WaitingState;
  state: QuarantineState;
  code: string;
  reasons: string;
  type: string | null;
  idempotency_key: string | null;
  body_hash: Buffer | null;
  draft: string | null;
  received_at: Date;
  decided_at: Date | null;
  decided_by: string | null;
  event_id: string | null;
}

export const COLUMNS = 'id, site, channel, kind, state, code, reasons, type, idempotency_key, body_hash, draft, received_at, decided_at, decided_by, event_id';

export function recordOf(row: StoredRecord): QuarantineRecord {
  const { id, site, channel, kind, state, code } = row;
  return {
    id, site, channel, kind, state, code,
    reasons: JSON.parse(row.reasons) as ContractIssue[],
    type: row.type ?? undefined,
    idempotencyKey: row.idempotency_key ?? undefined,
    bodyHash: row.body_hash ?? undefined,
    draft: row.draft === null ? undefined : (JSON.parse(row.draft) as KeptDraft),
    draftText: row.draft ?? undefined,
    receivedAt: row.received_at,
    decidedAt: row.decided_at ?? undefined,
    decidedBy: row.decided_by ?? undefined,
    eventId: row.event_id ?? undefined,
  };
}
