export type GuardRejection = 'CIRCUIT_OPEN' | 'BULKHEAD_FULL' | 'RATE_LIMITED' | 'ISOLATED' | 'PARKED' | 'CLOSED';

/** The guard did not start the call. Nothing happened at the provider, so it costs no attempt. */
export class GuardRejectedError extends Error {
  override readonly name = 'GuardRejectedError';

  /** `retryAt` is when asking again makes sense; absent while only a person or another call's end can change it. */
  constructor(
    readonly code: GuardRejection,
    message: string,
    readonly retryAt?: Date,
  ) {
    super(message);
  }
}
