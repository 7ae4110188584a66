import type { Logger } from '@nestjs/common';
import { DatabaseUnavailableError } from '@posthorn/persistence';

export interface RoundSettings {
  everyMs: number;
  logger: Logger;
  /** What is said when a round fails: once for each reason. */
  complaint: string;
}

/** Does something again and again, a while after it was done, until it is stopped. */
export class RecurringRound {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;
  private reason = '';

  constructor(
    private readonly work: () => Promise<unknown>,
    private readonly settings: RoundSettings,
  ) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.running = this.round().finally(() => {
        if (!this.stopped) this.start();
      });
    }, this.settings.everyMs * (0.9 + 0.1 * Math.random())).unref();
  }

  /** Waits for the round that is running. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async round(): Promise<void> {
    try {
      await this.work();
      this.reason = '';
    } catch (error) {
      // An outage is told by those whose it is.
      if (error instanceof DatabaseUnavailableError) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.reason) this.settings.logger.error({ err: error }, this.settings.complaint);
      this.reason = reason;
    }
  }
}
