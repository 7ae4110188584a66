import { CredentialsError, PermanentError, ProviderError, UnclassifiedError } from './provider.errors.js';

/** What an error proves about the provider's health; `neutral`: nothing. */
export type Verdict = 'healthy' | 'failing' | 'neutral';

interface Row {
  /** In the words of the README and the reference, which are compared with this table. */
  readonly error: string;
  readonly verdict: Verdict;
  readonly fits: (error: unknown) => boolean;
}

const status = (error: unknown): number => (error instanceof ProviderError ? (error.status ?? 0) : 0);
const NEVER_PROOF_OF_HEALTH = new Set([401, 403, 408, 429]);

/**
 * The first row that fits decides. opossum counts a filtered error as a *success*, so that it even closes a
 * half-open circuit: therefore only what proves that the provider is up and understood us is `healthy`, and what
 * proves nothing never reaches opossum. The HTTP range ends at 511: a mail server's permanent 550 is an answer of
 * a healthy provider.
 */
export const ERROR_VERDICTS: readonly Row[] = [
  { error: '`UNCLASSIFIED`: a bug of ours', verdict: 'neutral', fits: (error) => error instanceof UnclassifiedError },
  { error: '`CredentialsError`', verdict: 'failing', fits: (error) => error instanceof CredentialsError },
  { error: 'status 401, 403, 408, 429', verdict: 'failing', fits: (error) => NEVER_PROOF_OF_HEALTH.has(status(error)) },
  { error: 'status 500–511', verdict: 'failing', fits: (error) => status(error) >= 500 && status(error) <= 511 },
  { error: 'any other `PermanentError`', verdict: 'healthy', fits: (error) => error instanceof PermanentError },
  { error: 'any other error', verdict: 'failing', fits: () => true },
];

export function verdictOf(error: unknown): Verdict {
  return ERROR_VERDICTS.find((row) => row.fits(error))?.verdict ?? 'failing';
}
