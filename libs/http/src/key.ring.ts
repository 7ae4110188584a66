import { hash, timingSafeEqual } from 'node:crypto';
import { isWellFormed, type KeyKind } from './key.secret.js';

/** What a caller may do, and at which sites; without sites, everywhere. */
export interface Grant {
  sites?: readonly string[];
  scopes: readonly string[];
}

/** A key as it is kept: only the SHA-256 of the secret is ever stored. */
export interface ApiKeyEntry {
  /** Names the key in logs and rotation; not secret. */
  id: string;
  kind?: KeyKind;
  /** The site the key speaks for. Keys of auditors and operators have none. */
  site?: string;
  /** What it may do differs from site to site. `scopes` are those it has at one of them at least. */
  grants?: readonly Grant[];
  /** 64 hex digits. */
  sha256: string;
  scopes?: readonly string[];
  /** Only from pages of these origins, and only where browsers may come. Without them, from anywhere but a page. */
  origins?: readonly string[];
  /** The event types it may submit; without them, all. */
  types?: readonly string[];
  /** From then on it is refused. */
  expiresAt?: Date;
}

export type ApiKey = Readonly<Omit<ApiKeyEntry, 'sha256'>> & { readonly scopes: readonly string[] };

interface Held {
  digest: Buffer;
  key: ApiKey;
  /** Of a key made by command, whose use is noted. */
  sha256?: string;
}

export interface KeyRingOptions {
  /** Declared in the configuration: they are there for as long as the process runs. */
  keys: readonly ApiKeyEntry[];
  /** Whether there are keys made by command as well, which come later, by `hold`. */
  more?: boolean;
}

/** The digest to put into the configuration for a key's secret. */
export function keySha256(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Finds the key a bearer token belongs to. Two secrets of one key may overlap, which is how it is rotated. */
export class KeyRing {
  private byPrefix: ReadonlyMap<string, Held[]>;
  private origins: ReadonlySet<string>;
  private readonly declared: readonly Held[];
  private uses = new Map<string, number>();

  /** Whether an unknown key may be one that has not come yet. */
  incomplete: boolean;
  /** Has the newest keys be held; for a key made a moment ago by another replica. */
  renew: (() => Promise<void>) | undefined;

  constructor({ keys, more = false }: KeyRingOptions) {
    this.declared = keys.map((entry) => heldOf(entry));
    this.byPrefix = indexed(this.declared);
    this.origins = originsOf(this.declared);
    this.incomplete = more;
  }

  /** From now on these, and no other, are the keys made by command. */
  hold(made: readonly ApiKeyEntry[]): void {
    const all = [...this.declared, ...made.map((entry) => ({ ...heldOf(entry), sha256: entry.sha256 }))];
    this.byPrefix = indexed(all);
    this.origins = originsOf(all);
    this.incomplete = false;
  }

  /** Also one that has expired. */
  find(secret: string): ApiKey | undefined {
    const digest = hash('sha256', secret, 'buffer');
    const held = this.byPrefix.get(prefixOf(digest))?.find((one) => timingSafeEqual(one.digest, digest));
    if (held?.sha256 !== undefined) this.uses.set(held.sha256, Date.now());
    return held?.key;
  }

  /** The same after `renew`, for what could be a key by its form. */
  async findAfresh(secret: string): Promise<ApiKey | undefined> {
    if (this.renew === undefined || !isWellFormed(secret)) return undefined;
    await this.renew();
    return this.find(secret);
  }

  /** A key by its name, as it is now; for what came with it and is looked at later. */
  named(id: string, site: string): ApiKey | undefined {
    for (const held of this.byPrefix.values()) for (const { key } of held) if (key.id === id && key.site === site) return key;
    return undefined;
  }

  /** Whether pages of this origin may call with some key. */
  knowsOrigin(origin: string): boolean {
    return this.origins.has(origin);
  }

  /** When each digest made by command was last shown, since the last time this was asked. */
  takeUses(): ReadonlyMap<string, number> {
    const { uses } = this;
    this.uses = new Map();
    return uses;
  }
}

function heldOf({ sha256, ...entry }: ApiKeyEntry): Held {
  const digest = Buffer.from(sha256, 'hex');
  if (digest.length !== 32) throw new TypeError(`Key ${entry.id}: sha256 must be 64 hex digits.`);
  return { digest, key: Object.freeze({ ...entry, scopes: entry.scopes ?? [] }) };
}

// By a part of the digest: guessing secrets by timing would need a preimage of it.
function indexed(all: readonly Held[]): ReadonlyMap<string, Held[]> {
  return Map.groupBy(all, ({ digest }) => prefixOf(digest));
}

function originsOf(all: readonly Held[]): ReadonlySet<string> {
  return new Set(all.flatMap(({ key }) => key.origins ?? []));
}

function prefixOf(digest: Buffer): string {
  return digest.toString('latin1', 0, 4);
}
