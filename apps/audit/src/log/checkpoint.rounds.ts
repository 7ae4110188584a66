import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import type { CheckpointSettings } from '../config.js';
import { CHECKPOINT_SETTINGS } from './checkpoint.settings.js';
import { CheckpointSigner } from './checkpoint.signer.js';
import { LogIdentity } from './log.identity.js';
import { StoreKeeper } from './store.keeper.js';
import { Witnesses } from './witnesses.js';

/** Again and again: look outside, sign, bring it outside, have it cosigned. */
@Injectable()
export class CheckpointRounds implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(CheckpointRounds.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private complaint = '';

  constructor(
    private readonly signer: CheckpointSigner,
    private readonly store: StoreKeeper,
    private readonly witnesses: Witnesses,
    private readonly identity: LogIdentity,
    @Inject(CHECKPOINT_SETTINGS) private readonly settings: CheckpointSettings,
  ) {}

  onApplicationBootstrap(): void {
    const { origin, verifierKeys } = this.identity;
    this.logger.log({ origin, verifierKeys }, 'Whoever checks the log needs these keys');
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.running;
  }

  /** One round. What it brings elsewhere goes on behind it: the next one does not wait for that. */
  async hold(): Promise<void> {
    const outside = await this.store.newest();
    const agreed = await this.signer.sign(outside === 'away' ? undefined : outside);
    if (!agreed) return;
    if (outside !== 'away') void this.store.fill(outside?.size ?? 0);
    void this.witnesses.ask();
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.running = this.round().finally(() => {
        if (this.timer !== undefined) this.schedule();
      });
    }, this.settings.everyMs * (0.9 + 0.1 * Math.random())).unref();
  }

  private async round(): Promise<void> {
    try {
      await this.hold();
      this.complaint = '';
    } catch (error) {
      // An outage is told by those whose it is.
      if (error instanceof DatabaseUnavailableError) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.complaint) this.logger.error({ err: error }, 'The log could not be signed; it will be tried again');
      this.complaint = reason;
    }
  }
}
