import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { DELIVERY_OPTIONS } from '../delivery.tokens.js';
import { type ArchivePosition, BEGINNING, DeliveryArchive } from './delivery.archive.js';

/** So long a finished delivery stays where it is looked at first. */
const LAG_MS = 60_000;
const IDLE_MS = 2_000;
const LIMIT = 1_000;
/**
 * After so many lags it looks from the beginning again: for what became visible behind its position, because a
 * transaction was slow, and for what a redelivery brought back and could not send.
 */
const LAGS_UNTIL_AGAIN = 10;

/** Moves finished events to the archive, a batch a transaction. One replica at a time; which one does not matter. */
@Injectable()
export class Archivist implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Archivist.name);
  private readonly lagMs: number;
  private position: ArchivePosition = BEGINNING;
  private beganAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly archive: DeliveryArchive,
    @Inject(DELIVERY_OPTIONS) options: { readonly archiveAfterMs?: number },
  ) {
    this.lagMs = options.archiveAfterMs ?? LAG_MS;
  }

  onApplicationBootstrap(): void {
    this.runLater();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Everything that is due now. */
  async run(): Promise<void> {
    if (performance.now() - this.beganAt >= this.lagMs * LAGS_UNTIL_AGAIN) {
      this.beganAt = performance.now();
      this.position = BEGINNING;
    }
    while (!this.stopped && this.database.unavailable === undefined && (await this.step()));
  }

  /** False when there is no more, or somebody else is at it. */
  private async step(): Promise<boolean> {
    const { lagMs } = this;
    const step = await this.database.transaction(async (tx) => ((await this.archive.begin(tx)) ? this.archive.step(tx, this.position, { lagMs, limit: LIMIT }) : undefined));
    if (step === undefined) return false;
    this.position = step.position;
    return step.seen === LIMIT;
  }

  private runLater(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.run()
        .catch((error: unknown) => {
          if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'Finished deliveries could not be archived');
        })
        .finally(() => this.runLater());
    }, IDLE_MS);
  }
}
