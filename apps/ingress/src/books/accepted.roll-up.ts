import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { AcceptedCounts } from './accepted.counts.js';

const EVERY_MS = 5_000;

/** Keeps the lines few. Nothing depends on when it runs, on which replica, or whether it was killed. */
@Injectable()
export class AcceptedRollUp implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AcceptedRollUp.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly counts: AcceptedCounts) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.run();
    }, EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      await this.counts.rollUp();
    } catch (error) {
      // An outage is told by those whose it is.
      if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'What was accepted could not be rolled up; it will be tried again');
    } finally {
      this.running = undefined;
    }
  }
}
