/** What an adapter knows about a failure. `status` is an HTTP status; a mail server's reply code belongs into `code`. */
export interface ProviderErrorDetails {
  readonly cause?: unknown;
  readonly status?: number;
  /** How long the provider asked us to wait, from its `Retry-After`. */
  readonly retryAfterMs?: number;
  /** What a person can do about it. */
  readonly remedy?: string;
}

/**
 * An adapter throws one of the four classes below and nothing else: they alone decide what happens next, and
 * nothing behind the adapter looks at a vendor's status. Messages must not carry personal data.
 */
export abstract class ProviderError extends Error {
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly remedy?: string;

  /** `code` is stable and greppable, e.g. `HUBSPOT_RATE_LIMITED`. */
  constructor(
    readonly code: string,
    message: string,
    details: ProviderErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.remedy = details.remedy;
  }
}

/** It did not happen, and a later attempt may succeed: 429, 503, connection refused, a 4yz reply of a mail server. */
export class RetryableError extends ProviderError {}

/** The provider refused this very request and will refuse it again: 400, 404, 409, 422, a 5yz reply of a mail server. */
export class PermanentError extends ProviderError {}

/** The request may have taken effect: the connection broke after sending, or no answer came in time. */
export class UnknownOutcomeError extends ProviderError {}

/** The provider does not accept our credentials: 401, 403. No retry helps, new credentials do. */
export class CredentialsError extends ProviderError {}

/**
 * What the guard makes of an error that is none of the four: it may have come after the effect, so nothing better
 * than "unknown" can be said, and it is a bug of ours, so nothing can be said of the provider.
 */
export class UnclassifiedError extends UnknownOutcomeError {
  constructor(cause: unknown) {
    const name = cause instanceof Error ? cause.name : typeof cause;
    super('UNCLASSIFIED', `The adapter failed with ${name} instead of one of the four provider errors`, {
      cause,
      remedy: 'Translate this error in the adapter; the log has the original.',
    });
  }
}
