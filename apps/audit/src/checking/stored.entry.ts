import type { EntryText } from '../recording/entry.text.js';

/** An entry as it lies in its table. */
export interface StoredEntry {
  position: number;
  leaf: string;
  columns: Record<string, string | null>;
}

/** By what an entry is looked for, each as text. */
const COLUMNS = ['id', 'kind', 'site', 'type', 'service', 'connection', 'outcome', 'actor', 'event_id', 'correlation', 'causation', 'person', 'blob', 'recorded_at'] as const;

const TEXTS: Partial<Record<(typeof COLUMNS)[number], string>> = { blob: "encode(blob, 'hex')", recorded_at: `to_char(recorded_at AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` };

/** Reads a StoredEntry. */
export const STORED = `SELECT position::float8 AS position, leaf, json_build_object(${COLUMNS.map((name) => `'${name}', ${TEXTS[name] ?? name}`).join(', ')}) AS columns FROM entries`;

/** The entry in a leaf; undefined where it is none. */
export function entryIn(leaf: string): EntryText | undefined {
  try {
    const text = JSON.parse(leaf) as Partial<EntryText> | null;
    return typeof text?.envelope?.id === 'string' && typeof text.position === 'number' ? (text as EntryText) : undefined;
  } catch {
    return undefined;
  }
}

/** The columns that do not say what the entry says. */
export function differingIn({ columns }: StoredEntry, text: EntryText): string[] {
  const { envelope, personal, kind, service, connection, outcome, actor, event, blob, recordedAt } = text;
  const { id, site, type, correlationid, causationid } = envelope;
  const said: Record<(typeof COLUMNS)[number], string | undefined> = {
    id, kind, site, type, service, connection, outcome, actor, event_id: event, correlation: correlationid, causation: causationid, person: personal?.person, blob, recorded_at: recordedAt,
  };
  return COLUMNS.filter((name) => (columns[name] ?? undefined) !== said[name]);
}

/** What an entry names by its SHA-256, in hex. */
export function blobsOf({ blob, personal }: EntryText): string[] {
  return [...(blob === undefined ? [] : [blob]), ...(personal !== undefined && 'sha256' in personal ? [personal.sha256] : [])];
}
