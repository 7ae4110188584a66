import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { KeyRing } from '@posthorn/http';
import { HealthRegistry } from '@posthorn/observability';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { entryOf } from './key.rights.js';
import { KeyStore } from './key.store.js';

/** Half of what a revocation may take. */
const LOOK_EVERY_MS = 1_000;
const NOTE_USES_EVERY_MS = 60_000;

/** Has this replica's ring hold the keys that were made by command, and notes when they were last used. */
@Injectable()
export class KeyWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(KeyWatch.name);
  private readonly timers: NodeJS.Timeout[] = [];
  private looking: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private version: string | undefined;
  private uses: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly store: KeyStore,
    private readonly ring: KeyRing,
    private readonly database: Database,
    health: HealthRegistry,
  ) {
    health.register('keys', () => (this.ring.incomplete ? 'keys that were made by command are not loaded yet' : undefined));
  }

  onApplicationBootstrap(): void {
    this.ring.renew = () => this.refresh();
    this.timers.push(setInterval(() => void this.look(), LOOK_EVERY_MS).unref(), setInterval(() => void this.noteUses(), NOTE_USES_EVERY_MS).unref());
    this.database.ready().then(() => this.look(), () => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    this.timers.forEach((timer) => clearInterval(timer));
    await this.looking;
    await this.noteUses();
  }

  /** Resolves when this replica knows what was committed before the call, or cannot. Whoever calls meanwhile shares it: there is one statement at a time. */
  refresh(): Promise<void> {
    this.next ??= (this.looking ?? Promise.resolve()).then(() => {
      this.next = undefined;
      return this.look();
    });
    return this.next;
  }

  async noteUses(): Promise<void> {
    const uses = new Map([...this.uses, ...this.ring.takeUses()]);
    if (uses.size === 0) return;
    this.uses = uses;
    await this.attempt(async () => {
      await this.store.noteUses(uses);
      this.uses = new Map();
    });
  }

  private look(): Promise<void> {
    this.looking ??= this.attempt(async () => {
      if (this.version !== undefined && (await this.store.version()) === this.version) return;
      const { version, secrets } = await this.store.load();
      this.ring.hold(secrets.map(entryOf));
      this.version = version;
    }).finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // An outage is told by those whose it is; the keys of before count on.
      if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'The keys made by command could not be looked at; it will be tried again');
    }
  }
}
