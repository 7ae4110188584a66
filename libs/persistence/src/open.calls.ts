/** Judged like any other lost connection; what was sent over it may or may not have taken effect. */
export class GivenUpError extends Error {
  override readonly name = 'GivenUpError';
  readonly code = 'ETIMEDOUT';
}

interface Call {
  since: number;
  giveUp: (error: GivenUpError) => void;
}

/** The calls that wait for the server now. Without an end of their own they would wait for each statement's timeout. */
export class OpenCalls {
  private readonly calls = new Set<Call>();

  /** How long the oldest has been waiting; 0 when none does. */
  longestMs(): number {
    const [oldest] = this.calls;
    return oldest === undefined ? 0 : Date.now() - oldest.since;
  }

  /** Settles as the work does, or rejects as soon as the server is given up. */
  async orGivenUp<T>(work: Promise<T>): Promise<T> {
    const givenUp = Promise.withResolvers<never>();
    const call: Call = { since: Date.now(), giveUp: givenUp.reject };
    this.calls.add(call);
    try {
      return await Promise.race([work, givenUp.promise]);
    } finally {
      this.calls.delete(call);
    }
  }

  giveUp(reason: string): void {
    for (const { giveUp } of this.calls) giveUp(new GivenUpError(reason));
  }
}
