import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { parseCheckpoint } from '../tree/checkpoint.js';
import { CheckpointShelf } from './checkpoint.shelf.js';
import type { CheckpointStore } from './checkpoint.store.js';
import type { SignedHead } from './log.disagreement.js';
import { LogIdentity } from './log.identity.js';

const PATIENCE_MS = 2_000;
const AT_ONCE = 100;

/** Brings checkpoints to the store outside. One that is away delays nothing: it is filled later, the oldest first. */
@Injectable()
export class StoreKeeper implements OnApplicationShutdown {
  private readonly logger = new Logger(StoreKeeper.name);
  private complaint = '';
  private busy: Promise<unknown> | undefined;
  /** Up to which size the store is known to be filled. */
  private reached = 0;

  constructor(
    private readonly shelf: CheckpointShelf,
    private readonly identity: LogIdentity,
    private readonly store: CheckpointStore | undefined,
  ) {
    if (store === undefined) this.logger.warn('Checkpoints are kept in the log\'s own database alone, where who can rewrite the log can rewrite them: set audit.checkpoints.store');
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.race([this.busy, afterPatience()]);
    await this.store?.close?.();
  }

  /** What is not there yet. */
  backlog(): Promise<number> {
    return this.store === undefined ? Promise.resolve(0) : this.shelf.countAfter(this.reached);
  }

  /** The newest checkpoint there; 'away' when that cannot be said in time. */
  async newest(): Promise<SignedHead | 'away' | undefined> {
    const { store } = this;
    if (store === undefined) return undefined;
    // Whoever still waits for the last answer has no use for another question.
    if (this.busy !== undefined) return 'away';
    const reading = this.attempt(async () => {
      const note = await store.newest();
      return note === undefined ? undefined : this.headOf(note, store);
    });
    return Promise.race([reading, afterPatience()]);
  }

  /** Brings everything that is newer than what is there. */
  async fill(from: number): Promise<void> {
    const { store } = this;
    if (store === undefined || this.busy !== undefined) return;
    this.reached = from;
    await this.attempt(async () => {
      for (let page = await this.shelf.after(this.reached, AT_ONCE); page.length > 0; page = await this.shelf.after(this.reached, AT_ONCE)) {
        for (const { size, note } of page) {
          await store.keep(size, note);
          this.reached = size;
        }
      }
    });
  }

  private headOf(note: string, { name }: CheckpointStore): SignedHead {
    const { origin, size, root } = parseCheckpoint(note);
    if (origin !== this.identity.origin) throw new Error(`${name} has a checkpoint of ${origin}, and this log is ${this.identity.origin}.`);
    return { size, root, foundIn: name };
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T | 'away'> {
    const attempt = work().then(
      (result) => {
        if (this.complaint !== '') this.logger.log({ store: this.store?.name }, 'The store of checkpoints can be used again, and is being filled');
        this.complaint = '';
        return result;
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== this.complaint) this.logger.error({ store: this.store?.name, reason }, 'Checkpoints cannot be kept outside; the log goes on, and the store is filled when it is back');
        this.complaint = reason;
        return 'away' as const;
      },
    );
    this.busy = attempt.finally(() => (this.busy = undefined));
    return attempt;
  }
}

function afterPatience(): Promise<'away'> {
  return new Promise((resolve) => setTimeout(() => resolve('away'), PATIENCE_MS).unref());
}
