import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { parseEvent } from '@posthorn/contracts';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { DeliveryArchive } from '../archive/delivery.archive.js';
import { Dispatcher } from '../dispatcher.service.js';
import { OWN_TABLES } from './erasure.names.js';
import { ErasureProgress } from './erasure.progress.js';
import { ErasureStore, type OpenErasure } from './erasure.store.js';

const IDLE_MS = 1_000;
/** While one is open: a provider is seldom slower than that. */
const SOON_MS = 250;

/**
 * Brings erasures to their end. Each look is one transaction that finds out how far one has come and does what can be
 * done now, so that it goes on after any crash where it was, at whichever replica is there.
 */
@Injectable()
export class Erasures implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Erasures.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly archive: DeliveryArchive,
    private readonly store: ErasureStore,
    private readonly progress: ErasureProgress,
    private readonly dispatcher: Dispatcher,
  ) {}

  onApplicationBootstrap(): void {
    this.dispatcher.onWake(OWN_TABLES, () => this.runIn(0));
    this.runIn(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private runIn(ms: number): void {
    if (this.stopped || this.running !== undefined) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      let next = IDLE_MS;
      this.running = this.runDue()
        .then((open) => void (next = open ? SOON_MS : IDLE_MS))
        .catch((error: unknown) => {
          if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'Looking for erasures failed');
        })
        .finally(() => {
          this.running = undefined;
          this.runIn(next);
        });
    }, ms);
  }

  /** Whether one was left open. */
  private async runDue(): Promise<boolean> {
    let open = false;
    while (!this.stopped && this.database.unavailable === undefined) {
      const looked = await this.look();
      if (looked === 'none due') return open;
      open ||= looked === 'open';
    }
    return open;
  }

  /** At one, in one transaction. One that fails is put off, or no other would have its turn. */
  private async look(): Promise<'done' | 'open' | 'none due'> {
    let erasure: OpenErasure | undefined;
    try {
      return await this.database.transaction(async (tx) => {
        erasure = await this.store.takeDue(tx);
        if (erasure === undefined) return 'none due';
        // First of all: who redelivers waits for it, and has locked nothing yet that is wanted here.
        await this.archive.freeze(tx);
        const done = isUnderstood(erasure) ? await this.progress.advance(tx, erasure) : this.wait(erasure);
        if (!done) await this.store.postpone(tx, erasure);
        return done ? 'done' : 'open';
      });
    } catch (error) {
      if (erasure === undefined || error instanceof DatabaseUnavailableError) throw error;
      this.logger.error({ err: error, eventId: erasure.envelope.id }, 'An erasure could not go on; it is tried again');
      await this.store.postpone(this.database, erasure);
      return 'open';
    }
  }

  /** A newer version will understand it: what is to be forgotten is not given up. */
  private wait({ envelope }: OpenErasure): false {
    this.logger.error({ eventId: envelope.id }, 'This version of the service does not understand an erasure; deploy one that does');
    return false;
  }
}

function isUnderstood({ envelope }: OpenErasure): boolean {
  try {
    parseEvent(envelope);
    return true;
  } catch {
    return false;
  }
}
