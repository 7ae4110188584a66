import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { type Connection, ConnectionRegistry } from '../connection.registry.js';
import { CredentialsCheck } from '../operations/credentials.check.js';
import { CircuitStore } from './circuit.store.js';

const LOOK_MS = 1_000;

/**
 * Asks providers whether they accept our credentials, before an event finds out that they do not: when a process
 * starts, then where no call has proved it for `credentialsCheckMs`. Refused credentials are tested by the same
 * question, or by a delivery where one comes first, so that the work resumes without anybody. One replica asks.
 */
@Injectable()
export class CredentialsWatch implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(CredentialsWatch.name);
  private readonly asking = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private started = false;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionRegistry,
    private readonly store: CircuitStore,
    private readonly credentials: CredentialsCheck,
  ) {}

  onModuleInit(): void {
    if (this.checkable().length > 0) this.lookLater();
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private lookLater(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.look()
        .catch((error: unknown) => {
          if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'Looking for credentials to check failed');
        })
        .finally(() => {
          this.lookLater();
        });
    }, LOOK_MS);
  }

  private async look(): Promise<void> {
    for (const connection of this.checkable()) {
      if (connection.guard.state === 'parked' && connection.guard.freeSlots() > 0) void this.ask(connection);
    }
    if (this.database.unavailable !== undefined) return;
    if (!this.started) await this.store.makeChecksDue(this.checkable().map(({ id }) => id));
    this.started = true;
    const nextMs = this.checkable().map((connection) => [connection.id, this.provenForMs(connection) || connection.guard.options.credentialsCheckMs] as const);
    for (const id of await this.store.takeChecks(new Map(nextMs))) {
      const connection = this.connections.get(id);
      if (connection?.guard.state === 'closed' && this.provenForMs(connection) === 0) void this.ask(connection);
    }
  }

  private checkable(): Connection[] {
    return this.connections.all().filter(({ check }) => check !== undefined);
  }

  /** How long what the last call has proved still counts. */
  private provenForMs({ guard: { provenAt, options } }: Connection): number {
    return Math.max(0, provenAt + options.credentialsCheckMs - Date.now());
  }

  private async ask(connection: Connection): Promise<void> {
    const { id, site } = connection;
    if (this.asking.has(id)) return;
    this.asking.add(id);
    const { result, error } = await this.credentials.ask(connection).finally(() => this.asking.delete(id));
    // A refusal is announced by the connection's state, and so is its end.
    if (result === 'failed') this.logger.warn({ connection: id, site, code: error?.code }, `${id}: whether the credentials are accepted could not be found out`);
  }
}
