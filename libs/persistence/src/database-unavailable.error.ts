/**
 * Postgres could not be asked, or its answer was lost. With `ambiguous` the statement may have
 * taken effect: repeat only what is safe to repeat.
 */
export class DatabaseUnavailableError extends Error {
  readonly code = 'DATABASE_UNAVAILABLE';
  readonly ambiguous: boolean;
  /** A sensible wait before trying again, for a `Retry-After`. */
  readonly retryAfterMs = 1_000;

  constructor(reason: string, options: { cause?: unknown; ambiguous?: boolean } = {}) {
    super(`Postgres is unavailable: ${reason}`, { cause: options.cause });
    this.name = 'DatabaseUnavailableError';
    this.ambiguous = options.ambiguous ?? false;
  }
}
