import type { ApiKeyEntry, KeyKind } from '@posthorn/http';
import type { KeyRights } from './key.rights.js';
import type { KeyRow } from './key.store.js';

/** `rotating`: an earlier secret counts beside the new one. `declared`: it stands in posthorn.yaml. */
type KeyState = 'active' | 'rotating' | 'expired' | 'revoked' | 'declared';

/** What operators see of a key. */
export interface KeyView extends KeyRights {
  id: string;
  kind: KeyKind;
  state: KeyState;
  site?: string;
  createdAt?: string;
  createdBy?: string;
  expiresAt?: string;
  revokedAt?: string;
  /** To the minute. */
  lastUsedAt?: string;
  /** While it is rotated: until when the earlier secret counts, and when that was last used. */
  earlier?: { until: string; lastUsedAt?: string };
}

export function viewOf(row: KeyRow, now = new Date()): KeyView {
  const { id, kind, site, rights, createdAt, createdBy, expiresAt, revokedAt, secrets } = row;
  const [newest, ...others] = secrets;
  const earlier = others.find(({ validUntil }) => validUntil !== null && new Date(validUntil) > now);
  const state = revokedAt !== null ? 'revoked' : expiresAt !== null && expiresAt <= now ? 'expired' : earlier === undefined ? 'active' : 'rotating';
  return {
    id,
    kind,
    state,
    ...(site === null ? {} : { site }),
    ...rights,
    createdAt: createdAt.toISOString(),
    createdBy,
    ...(expiresAt === null ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(revokedAt === null ? {} : { revokedAt: revokedAt.toISOString() }),
    ...usedAt(newest?.lastUsedAt),
    ...(state === 'rotating' && typeof earlier?.validUntil === 'string' ? { earlier: { until: new Date(earlier.validUntil).toISOString(), ...usedAt(earlier.lastUsedAt) } } : {}),
  };
}

export function declaredView({ id, kind = 'secret', site, scopes = [] }: ApiKeyEntry): KeyView {
  return { id, kind, state: 'declared', ...(site === undefined ? {} : { site }), scopes: [...scopes] };
}

function usedAt(text: string | null | undefined): { lastUsedAt?: string } {
  return typeof text === 'string' ? { lastUsedAt: new Date(text).toISOString() } : {};
}
