import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { JetStreamPublisher, MessagingUnavailableError, NatsConnectionProvider, type PublishResult } from '@posthorn/messaging';
import { Metrics, type Counter } from '@posthorn/observability';
import { Database, DatabaseUnavailableError, prepared } from '@posthorn/persistence';
import type { WrittenEntry } from './ledger.statement.js';
import { firstIdAt } from './reconciliation/id.range.js';
import { sweepOnce } from './relay.sweep.js';

/** What waits for an answer of NATS; beyond it entries are left in the table, for the sweeper. */
const MAX_HELD_ENTRIES = 10_000;
const MAX_HELD_CHARACTERS = 32 * 1024 * 1024;
const SWEEP_EVERY_MS = 2_000;
/** Younger entries are most likely on their way, here or in another replica. */
const SWEEP_OLDER_THAN_MS = 5_000;
/**
 * Not worth a wait for the disk, which would be taken from those who are waiting for a 202: what a crash of Postgres
 * brings back is published again, and dropped as a repetition.
 */
const CROSS_OFF = prepared(`
  DELETE FROM unrelayed
   WHERE id = ANY ($1::uuid[]) AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'`);
/** Nobody waits for the crossing off, so it waits for more; what a crash leaves behind is published again and dropped. */
const CROSS_OFF_EVERY_MS = 250;
const NIL = '00000000-0000-0000-0000-000000000000';

/**
 * Publishes what the ledger has committed: at once from memory, and whatever that misses (NATS was away, the process
 * died, memory was full) from the table. At least once; `Nats-Msg-Id` and the subscribers' inboxes make it one.
 */
@Injectable()
export class Relay implements OnApplicationBootstrap {
  private readonly logger = new Logger(Relay.name);
  private readonly held = new Set<string>();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly relayed: Counter<'path'>;
  private heldCharacters = 0;
  private acknowledged: string[] = [];
  private deleting: Promise<void> | undefined;
  private sweeping: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The table holds entries that nobody is publishing, whatever their age; true at start. */
  private behind = true;
  private failing = false;
  private readonly stopping = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly publisher: JetStreamPublisher,
    private readonly connection: NatsConnectionProvider,
    metrics: Metrics,
  ) {
    this.relayed = metrics.counter('ledger_relayed_total', 'Entries NATS has stored, by the way they took', ['path']);
    metrics.gauge('ledger_unrelayed_entries', 'Committed entries that NATS has not stored yet', [], async (gauge) => {
      gauge.set(await this.backlog().catch(() => Number.NaN));
    });
  }

  onApplicationBootstrap(): void {
    this.connection.beforeClose(() => this.stop());
    this.connection.onConnected(() => this.wake());
    this.schedule();
  }

  /** Takes entries that have just been committed. Never waits and never fails. */
  offer(entries: readonly WrittenEntry[]): void {
    if (entries.length === 0) return;
    const full = this.held.size + entries.length > MAX_HELD_ENTRIES || this.heldCharacters > MAX_HELD_CHARACTERS;
    if (this.stopped || full || !this.publisher.connected) {
      this.behind = true;
      return;
    }
    const relay = this.relayNow(entries).finally(() => this.inFlight.delete(relay));
    this.inFlight.add(relay);
  }

  /** Entries that NATS has not stored yet, as the table has it. */
  async backlog(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>('SELECT count(*)::int AS count FROM unrelayed');
    return row?.count ?? 0;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Finishes what is on its way and starts nothing new; what is left is relayed after the next start. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.sweeping;
    await Promise.all(this.inFlight);
    await this.deleting;
  }

  private async relayNow(entries: readonly WrittenEntry[]): Promise<void> {
    this.hold(entries);
    try {
      this.settle(await this.publisher.publish(entries));
    } catch (error) {
      this.behind = true;
      if (!(error instanceof MessagingUnavailableError)) this.logger.error({ err: error }, 'Entries could not be relayed');
    } finally {
      this.letGo(entries);
    }
  }

  private settle(results: PublishResult[]): void {
    let stored = 0;
    for (const result of results) {
      if (!result.ok) this.behind = true;
      else stored = this.acknowledged.push(result.id);
    }
    if (stored === 0) return;
    this.relayed.inc({ path: 'direct' }, results.filter(({ ok }) => ok).length);
    this.deleting ??= this.deleteAcknowledged().finally(() => (this.deleting = undefined));
  }

  /** One DELETE at a time: what is acknowledged meanwhile goes with the next, so that busy times make few of them. */
  private async deleteAcknowledged(): Promise<void> {
    while (this.acknowledged.length > 0) {
      await sleep(CROSS_OFF_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      const ids = this.acknowledged;
      this.acknowledged = [];
      try {
        await this.database.query(CROSS_OFF, [ids]);
      } catch (error) {
        // They stay and are published again; the stream or the subscriber's inbox drops the repetition.
        this.complain(error, 'Relayed entries could not be crossed off');
      }
    }
  }

  private hold(entries: readonly WrittenEntry[]): void {
    for (const { id, body } of entries) {
      this.held.add(id);
      this.heldCharacters += body.length;
    }
  }

  private letGo(entries: readonly WrittenEntry[]): void {
    for (const { id, body } of entries) {
      this.held.delete(id);
      this.heldCharacters -= body.length;
    }
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => this.wake(), SWEEP_EVERY_MS).unref();
  }

  private wake(): void {
    if (this.stopped || this.sweeping !== undefined) return;
    clearTimeout(this.timer);
    this.sweeping = this.sweep().finally(() => {
      this.sweeping = undefined;
      this.schedule();
    });
  }

  private async sweep(): Promise<void> {
    const before = firstIdAt(Date.now() - (this.behind ? 0 : SWEEP_OLDER_THAN_MS));
    if (!this.publisher.connected || this.database.unavailable !== undefined) return;
    this.behind = false;
    let failed = 0;
    try {
      for (let after: string | undefined = NIL; after !== undefined && !this.stopped; ) {
        const result = await sweepOnce(this.database, this.publisher, { after, before, except: this.held });
        this.relayed.inc({ path: 'sweeper' }, result.relayed);
        failed += result.failed;
        this.report(failed, result.error);
        after = result.last;
      }
    } catch (error) {
      this.behind = true;
      this.complain(error, 'Unrelayed entries could not be swept');
    }
  }

  private report(failed: number, error: Error | undefined): void {
    if (failed > 0) this.behind = true;
    // Once per outage, not every two seconds.
    if (failed > 0 && !this.failing) this.logger.error({ err: error, entries: failed }, 'NATS did not store entries; they will be tried again');
    this.failing = failed > 0;
  }

  private complain(error: unknown, message: string): void {
    if (error instanceof DatabaseUnavailableError || error instanceof MessagingUnavailableError) return;
    this.logger.error({ err: error }, message);
  }
}
