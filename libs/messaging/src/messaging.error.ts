/** Everything this library throws. `code` is stable; `cause` is the client's or the server's own error. */
export class MessagingError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There is no connection now, or it broke before the server answered: what was sent may or may not be stored. */
export class MessagingUnavailableError extends MessagingError {
  constructor(reason: string, options?: { cause?: unknown }) {
    super('MESSAGING_UNAVAILABLE', reason, options);
  }
}

/** The server answered, and the answer was no (or it did not answer in time). */
export class PublishError extends MessagingError {}

/** A stream or a consumer is missing or differs from what was asked for. */
export class TopologyError extends MessagingError {}

/** The other side answered a request with an error. */
export class InquiryError extends MessagingError {}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
