import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { ErasureService } from '../erasing/erasure.service.js';
import { nextStep } from './retention.marks.js';
import type { RetentionRule } from './retention.rules.js';

export const RETENTION_RULES = Symbol('RETENTION_RULES');

const EVERY_MS = 10 * 60_000;
/** A thousand events at most are erased before every service is given time to do the same. */
const PAUSE_MS = 1_000;

/** Erases what was kept for as long as its site wants. Nothing depends on when it runs, on which replica, or whether it was killed. */
@Injectable()
export class RetentionJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RetentionJob.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly erasures: ErasureService,
    @Inject(RETENTION_RULES) private readonly rules: readonly RetentionRule[],
  ) {}

  onApplicationBootstrap(): void {
    if (this.rules.length === 0) return;
    this.timer = setInterval(() => void this.run(), EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.running;
  }

  /** Resolves when every rule has been applied to everything, or the attempt has failed. */
  run(): Promise<void> {
    this.running ??= this.applyAll().finally(() => (this.running = undefined));
    return this.running;
  }

  private async applyAll(): Promise<void> {
    try {
      for (const rule of this.rules) await this.apply(rule);
    } catch (error) {
      if (error instanceof DatabaseUnavailableError || this.stopping.signal.aborted) return;
      this.logger.error({ err: error }, 'What was kept for long enough could not be erased; it will be tried again');
    }
  }

  private async apply(rule: RetentionRule): Promise<void> {
    let all = 0;
    while (!this.stopping.signal.aborted) {
      const step = await this.erasures.eraseKept(rule.site, (tx) => nextStep(tx, rule));
      all += step?.erased ?? 0;
      // Without a step, another replica is at it.
      if (step?.more !== true) break;
      if (step.erased > 0) await sleep(PAUSE_MS, undefined, { signal: this.stopping.signal });
    }
    if (all > 0) this.logger.log({ site: rule.site, rule: rule.name, events: all }, 'Events were kept for long enough and are erased');
  }
}
