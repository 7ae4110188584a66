import { type ContractIssue, MASK, maskPersonal } from '@posthorn/contracts';
import type { KeptDraft } from './draft.record.js';
import type { QuarantineRecord } from './quarantine.record.js';

export interface QuarantineView {
  id: string;
  site: string;
  channel: string;
  state: string;
  code: string;
  reasons: ContractIssue[];
  type?: string;
  receivedAt: string;
  decidedAt?: string;
  decidedBy?: string;
  eventId?: string;
}

export interface QuarantineDetail extends QuarantineView {
  personalData: 'shown' | 'masked' | 'none';
  /** The key it came with. */
  key?: string;
  draft?: { envelope: Record<string, unknown>; raw?: unknown };
}

/** Of what is not valid, what cannot be personal where it looks as it should. */
const HARMLESS = new Set(['specversion', 'id', 'type', 'time', 'datacontenttype', 'dataschema', 'site', 'traceparent']);
const HARMLESS_TEXT = /^[A-Za-z0-9:/._+-]{1,100}$/;
const ADDRESS = /[^\s/]*@[^\s/]*/g;

export function viewOf(record: QuarantineRecord): QuarantineView {
  const { id, site, channel, state, code, reasons, type, receivedAt, decidedAt, decidedBy, eventId } = record;
  return {
    id, site, channel, state, code,
    // A pointer ends in a name that somebody chose.
    reasons: reasons.map((reason) => ({ ...reason, pointer: reason.pointer.replaceAll(ADDRESS, MASK) })),
    ...(type === undefined ? {} : { type }),
    receivedAt: receivedAt.toISOString(),
    ...(decidedAt === undefined ? {} : { decidedAt: decidedAt.toISOString() }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ...(eventId === undefined ? {} : { eventId }),
  };
}

export function detailOf(record: QuarantineRecord, seesPersonalData: boolean): QuarantineDetail {
  const { draft } = record;
  if (draft === undefined) return { ...viewOf(record), personalData: 'none' };
  const { caller, raw, envelope } = draft;
  const shown = seesPersonalData ? { envelope, raw } : { envelope: record.kind === 'held' ? masked(draft) : unparsable(draft), raw: raw === undefined ? undefined : MASK };
  return { ...viewOf(record), personalData: seesPersonalData ? 'shown' : 'masked', ...(caller === undefined ? {} : { key: caller.id }), draft: shown };
}

function masked({ envelope }: KeptDraft): Record<string, unknown> {
  return { ...envelope, data: maskPersonal(String(envelope['type']), envelope['data']) };
}

// Nobody knows what stands where in it.
function unparsable({ envelope }: KeptDraft): Record<string, unknown> {
  return Object.fromEntries(Object.entries(envelope).map(([name, value]) => [name, value === undefined || (HARMLESS.has(name) && typeof value === 'string' && HARMLESS_TEXT.test(value)) ? value : MASK]));
}
