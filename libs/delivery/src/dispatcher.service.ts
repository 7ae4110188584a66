import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HealthRegistry } from '@posthorn/observability';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { ProviderError } from '@posthorn/resilience';
import { AttemptRunner } from './attempt.runner.js';
import { type Connection, ConnectionRegistry } from './connection.registry.js';
import { ConnectionWorker } from './connection.worker.js';
import { type ClaimedDelivery } from './delivery.row.js';
import { DeliveryStore } from './delivery.store.js';
import { HandlerRegistry } from './handler.registry.js';
import { ConnectionControls } from './operations/connection.controls.js';
import { decideExpired } from './settlement.decision.js';
import { SettlementWriter } from './settlement.writer.js';

const POLL_MS = 1_000;
/** Beyond the call's deadline: time to settle. Later than that the delivery counts as unknown. */
const LEASE_MARGIN_MS = 10_000;
const EXPIRED_AT_ONCE = 200;
/** How long the process's end waits for calls and settlements; what is left becomes unknown by its lease. */
const DRAIN_MS = 15_000;

/** Sends due deliveries to their connections. Any number of replicas may run: claims exclude each other. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly workers = new Map<string, ConnectionWorker>();
  private readonly listeners = new Map<string, () => void>();
  private poll: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionRegistry,
    private readonly handlers: HandlerRegistry,
    private readonly store: DeliveryStore,
    private readonly runner: AttemptRunner,
    private readonly writer: SettlementWriter,
    private readonly health: HealthRegistry,
    private readonly controls: ConnectionControls,
  ) {}

  onApplicationBootstrap(): void {
    const ports = {
      claim: (connection: Connection, limit: number) => this.claim(connection, limit),
      attempt: (delivery: ClaimedDelivery, connection: Connection) => this.attempt(delivery, connection),
      claimFailed: (error: unknown, connection: Connection) => this.claimFailed(error, connection),
    };
    for (const connection of this.connections.all()) this.workers.set(connection.id, new ConnectionWorker(connection, ports));
    this.health.register('delivery', () => this.stuck());
    this.schedulePoll(0);
  }

  /** True once nothing more is claimed. */
  get stopping(): boolean {
    return this.stopped;
  }

  connectionIds(): string[] {
    return [...this.workers.keys()];
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.poll);
    for (const worker of this.workers.values()) worker.stopClaiming();
  }

  /** Lets calls end, and writes how they ended. */
  async beforeApplicationShutdown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, DRAIN_MS)));
    const drained = Promise.all([...this.workers.values()].map((worker) => worker.idle())).then(() => this.polling);
    await Promise.race([drained, deadline]);
    clearTimeout(timer);
    this.writer.abandon();
    for (const { guard } of this.connections.all()) guard.close();
  }

  /** There may be new work for these connections; call it after the commit. */
  wake(connections: Iterable<string>): void {
    for (const id of connections) {
      this.workers.get(id)?.wake();
      this.listeners.get(id)?.();
    }
  }

  /** For whoever does the work of something that is no connection. */
  onWake(id: string, listener: () => void): void {
    this.listeners.set(id, listener);
  }

  private async claim({ id, guard }: Connection, limit: number): Promise<ClaimedDelivery[]> {
    await this.controls.learn();
    // What was learnt may be that an operator has isolated it.
    const slots = Math.min(limit, guard.freeSlots());
    return slots === 0 ? [] : this.store.claim(id, slots, guard.options.deadlineMs + LEASE_MARGIN_MS);
  }

  private async attempt(delivery: ClaimedDelivery, connection: Connection): Promise<boolean> {
    const { cause, ...settlement } = await this.runner.run(delivery, connection);
    if (cause !== undefined) this.report(delivery, settlement.decision.state, cause);
    const settled = await this.writer.settle(settlement);
    if (settled !== undefined) this.wake(settled.released);
    return settlement.decision.transition === 'putBack';
  }

  private schedulePoll(ms: number): void {
    if (this.stopped) return;
    this.poll = setTimeout(() => {
      this.polling = this.pollOnce()
        .catch((error: unknown) => {
          if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'Looking for due deliveries failed');
        })
        .finally(() => this.schedulePoll(POLL_MS));
    }, ms);
  }

  /** Finds what nothing woke us for: retries that came due, other replicas' work, leases that ran out. */
  private async pollOnce(): Promise<void> {
    if (this.database.unavailable !== undefined) return;
    await this.store.release();
    await this.settleExpired();
    const able = this.connections.all().filter(({ guard }) => guard.freeSlots() > 0);
    if (able.length > 0) this.wake(await this.store.due(able.map(({ id }) => id)));
  }

  private async settleExpired(): Promise<void> {
    const expired = await this.store.expired(EXPIRED_AT_ONCE);
    await Promise.all(
      expired.map(async (delivery) => {
        const view = this.connections.get(delivery.connection)?.view;
        const policy = view && this.handlers.find(delivery.event.type, delivery.action)?.unknownPolicy(view);
        // A connection or handler that is no longer configured: a person decides.
        await this.writer.settle({ delivery, decision: decideExpired(policy ?? 'hold') });
      }),
    );
  }

  private claimFailed(error: unknown, { id }: Connection): void {
    // The database's own health says when it is away.
    if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error, connection: id }, 'Claiming deliveries failed');
  }

  private report({ event, connection, action, attempts }: ClaimedDelivery, state: string, error: unknown): void {
    const about = { eventId: event.id, site: event.site, type: event.type, connection, action, attempt: attempts, state };
    const failure = error instanceof ProviderError ? error : undefined;
    // A put-back is the guard's doing, which is announced by its transition.
    if (failure === undefined) return;
    const known = { ...about, code: failure.code, status: failure.status, remedy: failure.remedy };
    if (failure.code === 'UNCLASSIFIED') this.logger.error({ ...known, err: failure.cause }, 'A handler failed with an error nobody classified');
    else this.logger.warn(known, `An attempt failed: ${failure.message}`);
  }

  private stuck(): string | undefined {
    const stuck = this.connections.all().filter(({ guard }) => guard.overdueCalls >= guard.options.concurrency);
    if (stuck.length === 0) return undefined;
    return `every slot of ${stuck.map(({ id }) => id).join(', ')} is held by a call that ignores its deadline; restart the service`;
  }
}
