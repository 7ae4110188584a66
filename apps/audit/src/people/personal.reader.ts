import { Injectable } from '@nestjs/common';
import { MASK, type PersonalPart } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import type { SealedPart } from '../recording/entry.text.js';
import { KeyVault } from './key.vault.js';
import { open } from './sealed.box.js';

/** What can be sealed: an entry with personal values, and the id they were sealed for. */
export interface SealedEntry {
  id: string;
  personal: SealedPart;
}

/** Opens the personal values of entries that nobody has asked to be forgotten. */
@Injectable()
export class PersonalReader {
  constructor(
    private readonly database: Database,
    private readonly vault: KeyVault,
  ) {}

  /** The values by the id of their entry; none for what was erased. Three questions, however many entries. */
  async read(entries: readonly SealedEntry[]): Promise<Map<string, PersonalPart>> {
    if (entries.length === 0) return new Map();
    const [keys, blobs, forgotten] = await Promise.all([this.keysOf(entries), this.blobsOf(entries), this.forgottenAmong(entries)]);
    return new Map(
      entries.flatMap(({ id, personal }) => {
        const key = keys.get(personal.person);
        if (key === undefined || forgotten.has(id)) return [];
        const sealed = 'sealed' in personal ? Buffer.from(personal.sealed, 'base64') : blobs.get(personal.sha256);
        const plaintext = sealed === undefined ? undefined : open(key, sealed, id);
        if (plaintext === undefined) throw new Error(`ENTRY_UNREADABLE: the personal values of entry ${id} do not open with its person's key: the entry or the key was changed. Run: posthorn audit verify`);
        return [[id, JSON.parse(plaintext.toString()) as PersonalPart] as const];
      }),
    );
  }

  /** Masks in place of the values that `read` would open. */
  async masked(entries: readonly SealedEntry[]): Promise<Map<string, PersonalPart>> {
    if (entries.length === 0) return new Map();
    const [rows, forgotten] = await Promise.all([
      this.database.query<{ pseudonym: string }>('SELECT pseudonym FROM people WHERE pseudonym = ANY($1::uuid[])', [pseudonymsIn(entries)]),
      this.forgottenAmong(entries),
    ]);
    const there = new Set(rows.map(({ pseudonym }) => pseudonym));
    return new Map(entries.flatMap(({ id, personal }) => (there.has(personal.person) && !forgotten.has(id) ? [[id, masksOf(personal.fields)] as const] : [])));
  }

  // Forgotten, though their person's key is still needed for what came later.
  private async forgottenAmong(entries: readonly SealedEntry[]): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }>('SELECT id FROM listed_events WHERE id = ANY($1::uuid[])', [entries.map(({ id }) => id)]);
    return new Set(rows.map(({ id }) => id));
  }

  private async keysOf(entries: readonly SealedEntry[]): Promise<Map<string, Buffer>> {
    const rows = await this.database.query<{ pseudonym: string; wrapped_key: Buffer; key_id: string }>('SELECT pseudonym, wrapped_key, key_id FROM people WHERE pseudonym = ANY($1::uuid[])', [pseudonymsIn(entries)]);
    return new Map(rows.map(({ pseudonym, wrapped_key: wrapped, key_id: keyId }) => [pseudonym, this.vault.unwrap({ wrapped, keyId }, pseudonym)]));
  }

  private async blobsOf(entries: readonly SealedEntry[]): Promise<Map<string, Buffer>> {
    const hashes = entries.flatMap(({ personal }) => ('sha256' in personal ? [personal.sha256] : []));
    if (hashes.length === 0) return new Map();
    const rows = await this.database.query<{ sha256: string; bytes: Buffer }>("SELECT encode(sha256, 'hex') AS sha256, bytes FROM entry_blobs WHERE sha256 = ANY($1::bytea[])", [hashes.map((hash) => Buffer.from(hash, 'hex'))]);
    return new Map(rows.map(({ sha256, bytes }) => [sha256, bytes]));
  }
}

/** A mask for each value, by its JSON pointer. */
export function masksOf(fields: readonly string[]): PersonalPart {
  return Object.fromEntries(fields.map((field) => [field, MASK]));
}

function pseudonymsIn(entries: readonly SealedEntry[]): string[] {
  return [...new Set(entries.map(({ personal }) => personal.person))];
}
