import { CredentialsError, PermanentError, ProviderError } from './provider.errors.js';

/** What an error proves about the provider's health. */
export type Verdict = 'healthy' | 'failing';

interface Row {
  readonly when: (error: unknown) => boolean;
  readonly verdict: Verdict;
}

const status = (error: unknown): number => (error instanceof ProviderError ? (error.status ?? 0) : 0);
const NEVER_PROOF_OF_HEALTH = new Set([401, 403, 408, 429]);

/**
 * The first row that fits decides. opossum counts a filtered error as a *success*, so that it even closes a
 * half-open circuit: therefore only what proves that the provider is up and understood us is filtered.
 * The HTTP range ends at 511: a mail server's permanent 550 is an answer of a healthy provider.
 */
const TABLE: readonly Row[] = [
  { when: (error) => error instanceof CredentialsError, verdict: 'failing' },
  { when: (error) => NEVER_PROOF_OF_HEALTH.has(status(error)), verdict: 'failing' },
  { when: (error) => status(error) >= 500 && status(error) <= 511, verdict: 'failing' },
  { when: (error) => error instanceof PermanentError, verdict: 'healthy' },
  { when: () => true, verdict: 'failing' },
];

export function verdictOf(error: unknown): Verdict {
  return TABLE.find((row) => row.when(error))?.verdict ?? 'failing';
}
