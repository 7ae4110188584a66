import { exactBase64 } from './exact.base64.js';
import { IdSet } from './id.set.js';

interface EntryShape {
  envelope?: { id?: unknown };
  blob?: unknown;
  erased?: unknown;
  personal?: { person?: unknown; fields?: unknown; sealed?: unknown; sha256?: unknown };
}

const SHA256 = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Sealed values have a nonce of 12 bytes and a tag of 16 at least (AES-256-GCM). */
const SEALED_BYTES_MIN = 28;

/** Looks into entries: whether each has the form of one, and an id of its own. */
export class EntryContents {
  /** Entries that name large data by its SHA-256; it is kept beside the log and is not part of the tree. */
  beside = 0;
  private readonly ids = new IdSet();

  /** Whether ids could be told apart to the end. */
  get allIdsSeen(): boolean {
    return !this.ids.full;
  }

  /** What is wrong with the entry, if anything. */
  problemOf(entry: Buffer): { code: 'ENTRY_UNREADABLE' | 'ENTRY_REPEATED'; what: string } | undefined {
    const unreadable = (what: string) => ({ code: 'ENTRY_UNREADABLE', what }) as const;
    const shape = parse(entry);
    if (shape === undefined) return unreadable('is not JSON');
    const id = shape.envelope?.id;
    if (typeof id !== 'string' || !UUID.test(id)) return unreadable('has no envelope with an id');
    if (shape.blob !== undefined && !isSha256(shape.blob)) return unreadable('names its large data by something that is no SHA-256');
    if (shape.personal !== undefined && !isSealed(shape.personal)) return unreadable('has a sealed part that is none');
    if (shape.erased !== undefined && (shape.erased !== true || shape.personal !== undefined)) return unreadable('is not erased as it says');
    if (shape.blob !== undefined || shape.personal?.sha256 !== undefined) this.beside += 1;
    return this.ids.add(id) ? undefined : { code: 'ENTRY_REPEATED', what: `has the id ${id}, which an earlier entry has` };
  }
}

function parse(entry: Buffer): EntryShape | undefined {
  try {
    const value = JSON.parse(entry.toString()) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isSealed({ person, fields, sealed, sha256 }: NonNullable<EntryShape['personal']>): boolean {
  if (typeof person !== 'string' || !Array.isArray(fields) || (sealed === undefined) === (sha256 === undefined)) return false;
  return sealed === undefined ? isSha256(sha256) : typeof sealed === 'string' && (exactBase64(sealed)?.length ?? 0) >= SEALED_BYTES_MIN;
}

const isSha256 = (value: unknown): boolean => typeof value === 'string' && SHA256.test(value);
