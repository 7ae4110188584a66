/** An operator's question or order cannot be answered or carried out; the answer says so. */
export class OperationRefusedError extends Error {
  override readonly name = 'OperationRefusedError';

  constructor(
    readonly code: string,
    message: string,
    readonly remedy?: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
