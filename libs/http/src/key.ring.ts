import { hash, timingSafeEqual } from 'node:crypto';

/** What a caller may do, and at which sites; without sites, everywhere. */
export interface Grant {
  sites?: readonly string[];
  scopes: readonly string[];
}

/** A key as configured: only the SHA-256 of the secret is ever stored. */
export interface ApiKeyEntry {
  /** Names the key in logs and rotation; not secret. */
  id: string;
  /** The site the key speaks for. Keys of auditors have none. */
  site?: string;
  /** What it may do differs from site to site. `scopes` are those it has at one of them at least. */
  grants?: readonly Grant[];
  /** 64 hex digits. */
  sha256: string;
  scopes?: readonly string[];
}

export type ApiKey = Readonly<Omit<ApiKeyEntry, 'sha256'>> & { readonly scopes: readonly string[] };

interface Held {
  digest: Buffer;
  key: ApiKey;
}

/** The digest to put into the configuration for a key's secret. */
export function keySha256(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Finds the key a bearer token belongs to. Two keys of one site may overlap, which is how they are rotated. */
export class KeyRing {
  // Keyed by a part of the digest: guessing secrets by timing would need a preimage of it.
  private readonly byPrefix = new Map<string, Held[]>();

  constructor(options: { keys: readonly ApiKeyEntry[] }) {
    for (const { sha256, ...entry } of options.keys) {
      const digest = Buffer.from(sha256, 'hex');
      if (digest.length !== 32) throw new TypeError(`Key ${entry.id}: sha256 must be 64 hex digits.`);
      const prefix = prefixOf(digest);
      const held: Held = { digest, key: Object.freeze({ ...entry, scopes: entry.scopes ?? [] }) };
      this.byPrefix.set(prefix, [...(this.byPrefix.get(prefix) ?? []), held]);
    }
  }

  find(secret: string): ApiKey | undefined {
    const digest = hash('sha256', secret, 'buffer');
    return this.byPrefix.get(prefixOf(digest))?.find((held) => timingSafeEqual(held.digest, digest))?.key;
  }
}

function prefixOf(digest: Buffer): string {
  return digest.toString('latin1', 0, 4);
}
