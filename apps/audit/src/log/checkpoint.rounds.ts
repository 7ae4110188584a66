import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { CheckpointSettings } from '../config.js';
import { RecurringRound } from '../rounds/recurring.round.js';
import { CHECKPOINT_SETTINGS } from './checkpoint.settings.js';
import { CheckpointSigner } from './checkpoint.signer.js';
import { LogIdentity } from './log.identity.js';
import { StoreKeeper } from './store.keeper.js';
import { Witnesses } from './witnesses.js';

/** Again and again: look outside, sign, bring it outside, have it cosigned. */
@Injectable()
export class CheckpointRounds implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(CheckpointRounds.name);
  private readonly rounds: RecurringRound;

  constructor(
    private readonly signer: CheckpointSigner,
    private readonly store: StoreKeeper,
    private readonly witnesses: Witnesses,
    private readonly identity: LogIdentity,
    @Inject(CHECKPOINT_SETTINGS) { everyMs }: CheckpointSettings,
  ) {
    this.rounds = new RecurringRound(() => this.hold(), { everyMs, logger: this.logger, complaint: 'The log could not be signed; it will be tried again' });
  }

  onApplicationBootstrap(): void {
    const { origin, verifierKeys } = this.identity;
    this.logger.log({ origin, verifierKeys }, 'Whoever checks the log needs these keys');
    this.rounds.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** One round. What it brings elsewhere goes on behind it: the next one does not wait for that. */
  async hold(): Promise<void> {
    const outside = await this.store.newest();
    const agreed = await this.signer.sign(outside === 'away' ? undefined : outside);
    if (!agreed) return;
    if (outside !== 'away') void this.store.fill(outside?.size ?? 0);
    void this.witnesses.ask();
  }
}
