/** Exit codes, for scripts. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, refused: 4, unbalanced: 5, untrue: 6 } as const;

/** Told in words, without a stack: what went wrong, and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly exitCode: number,
    message: string,
    readonly remedy?: string,
    /** Of the answer that it is about. */
    readonly status?: number,
  ) {
    super(message);
  }
}

export const misuse = (message: string, command?: string): CliError => new CliError(EXIT.usage, message, `posthorn ${command === undefined ? '' : `${command} `}--help shows how.`);
