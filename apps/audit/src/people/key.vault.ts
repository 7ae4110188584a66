import { createHmac, randomBytes } from 'node:crypto';
import { canonicalAddress } from '@posthorn/contracts';
import { open, seal } from './sealed.box.js';

/** Wraps the keys of people. The first of several wraps, the others still open: so one is replaced by another. */
export interface WrappingKey {
  id: string;
  key: Buffer;
}

/** A person's key as it lies in the database. */
export interface WrappedKey {
  wrapped: Buffer;
  /** Which wrapping key opens it. */
  keyId: string;
}

/** Makes and opens people's keys, and knows them by their address without keeping the address. */
export class KeyVault {
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly current: WrappingKey;

  constructor(
    keys: readonly [WrappingKey, ...WrappingKey[]],
    private readonly lookupKey: Buffer,
  ) {
    [this.current] = keys;
    this.keys = new Map(keys.map(({ id, key }) => [id, key]));
  }

  get currentId(): string {
    return this.current.id;
  }

  /** Those that only open what they once wrapped. */
  get olderIds(): string[] {
    return [...this.keys.keys()].filter((id) => id !== this.current.id);
  }

  /** Whether it opens what this key wrapped. */
  has(keyId: string): boolean {
    return this.keys.has(keyId);
  }

  /** A new random key for a person, of AES-256. */
  create(pseudonym: string): WrappedKey & { key: Buffer } {
    const key = randomBytes(32);
    return { key, ...this.wrap(key, pseudonym) };
  }

  wrap(key: Buffer, pseudonym: string): WrappedKey {
    return { wrapped: seal(this.current.key, key, pseudonym), keyId: this.current.id };
  }

  /** Throws when the wrapping key is no longer configured: it must stay until every key has been wrapped anew. */
  unwrap({ wrapped, keyId }: WrappedKey, pseudonym: string): Buffer {
    const wrapping = this.keys.get(keyId);
    if (wrapping === undefined) throw new Error(`ENCRYPTION_KEY_MISSING: keys of people were wrapped with "${keyId}", which audit.encryption.keys does not have. Add it again, below the current one.`);
    const key = open(wrapping, wrapped, pseudonym);
    if (key === undefined) throw new Error(`ENCRYPTION_KEY_WRONG: the key "${keyId}" in audit.encryption.keys is not the one that wrapped the keys of people. Restore the secret.`);
    return key;
  }

  /** HMAC-SHA-256 over site and address. Without the key nobody can try addresses out; with it, equal addresses meet. */
  lookupOf(site: string, address: string): Buffer {
    return createHmac('sha256', this.lookupKey).update(`${site}\0${canonicalAddress(address)}`).digest();
  }
}
