import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { QueryConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { Availability } from './availability.js';
import { judgeError } from './connection-error.js';
import { DatabaseUnavailableError } from './database-unavailable.error.js';
import { OpenCalls } from './open.calls.js';
import { borrowConnection, type BorrowedConnection, createDataSource, type DatabaseOptions } from './postgres-pool.js';
import type { PreparedStatement } from './prepared.statement.js';

/** Statements inside one transaction. Only valid until the work it was given to settles. */
export interface Transaction {
  query<R>(sql: string | PreparedStatement, params?: readonly unknown[]): Promise<R[]>;
  /** Runs after a successful commit, never after a rollback. */
  afterCommit(hook: () => void): void;
}

export interface DatabaseHooks {
  onChange?: (up: boolean, reason: string | undefined) => void;
  /** The server is there and cannot do what was asked: its disk is full, it is too slow, it has become a standby. */
  onOverburdened?: (reason: string) => void;
  onHookError?: (error: unknown) => void;
}

const SHUTDOWN_WAIT_MS = 5_000;
/** A server that hangs is asked for a sign of life after so long, rather than found out by a statement's own timeout. */
const SUSPICIOUS_AFTER_MS = 750;
const WATCH_EVERY_MS = 250;

/**
 * One service's own schema in Postgres. Boots without Postgres and connects in the background;
 * while the server is known to be away every call fails at once with DatabaseUnavailableError.
 */
export class Database implements OnModuleInit, OnApplicationShutdown {
  readonly dataSource: DataSource;
  private readonly availability: Availability;
  private readonly calls = new OpenCalls();
  private watch: NodeJS.Timeout | undefined;
  private busy = 0;
  private idle: (() => void) | undefined;
  private started = false;

  constructor(
    options: DatabaseOptions,
    private readonly hooks: DatabaseHooks = {},
  ) {
    this.dataSource = createDataSource(options, (error) => this.judge(error));
    this.availability = new Availability({
      url: options.url,
      password: options.password,
      service: options.service,
      onAnswer: async () => {
        if (!this.dataSource.isInitialized) await this.dataSource.initialize();
      },
      onChange: hooks.onChange,
      onSilence: (reason) => this.calls.giveUp(reason),
    });
  }

  onModuleInit(): void {
    this.start();
  }

  /** Connects in the background. Nest calls it; a program without Nest calls it itself. */
  start(): void {
    if (this.started) return;
    this.started = true;
    this.availability.start();
    this.watch = setInterval(() => {
      if (this.calls.longestMs() >= SUSPICIOUS_AFTER_MS) void this.availability.suspect();
    }, WATCH_EVERY_MS).unref();
  }

  /** Why the database cannot be used now; undefined while it can. */
  get unavailable(): string | undefined {
    return this.availability.reason;
  }

  /** Resolves as soon as the database can be used. */
  ready(): Promise<void> {
    this.start();
    return this.availability.whenUp();
  }

  /** Asks the server itself, for a readiness check. */
  check(): Promise<string | undefined> {
    return this.availability.suspect();
  }

  query<R>(sql: string | PreparedStatement, params: readonly unknown[] = []): Promise<R[]> {
    return this.borrow(({ client }) => rowsOf<R>(client.query(queryOf(sql, params))));
  }

  /** Commits when the work resolves, rolls back when it rejects. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const afterCommit: (() => void)[] = [];
    const result = await this.borrow(async ({ client }) => {
      await client.query('BEGIN');
      try {
        const value = await work({
          query: <R>(sql: string | PreparedStatement, params: readonly unknown[] = []) => rowsOf<R>(client.query(queryOf(sql, params))),
          afterCommit: (hook) => afterCommit.push(hook),
        });
        await client.query('COMMIT');
        return value;
      } catch (error) {
        // A lost connection rolls back by itself; asking it to would only wait for nothing.
        if (judgeError(error) === 'statement') await client.query('ROLLBACK');
        throw error;
      }
    });
    for (const hook of afterCommit) this.runHook(hook);
    return result;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Lets running work finish, for a few seconds, then closes every connection. */
  async close(): Promise<void> {
    this.availability.stop();
    clearInterval(this.watch);
    if (this.busy > 0) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>((resolve) => (this.idle = resolve)),
        new Promise<void>((resolve) => (timer = setTimeout(resolve, SHUTDOWN_WAIT_MS))),
      ]);
      clearTimeout(timer);
    }
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async borrow<T>(work: (connection: BorrowedConnection) => Promise<T>): Promise<T> {
    const reason = this.availability.reason;
    if (reason !== undefined) throw new DatabaseUnavailableError(reason);
    this.busy += 1;
    try {
      const borrowed = borrowConnection(this.dataSource);
      const connection = await this.calls.orGivenUp(borrowed).catch((error: unknown) => {
        // One that comes all the same, after we have given up, belongs back.
        borrowed.then(({ release }) => release(), () => undefined);
        throw this.translate(error, false);
      });
      return await this.use(connection, work);
    } finally {
      this.busy -= 1;
      if (this.busy === 0) this.idle?.();
    }
  }

  private async use<T>(connection: BorrowedConnection, work: (connection: BorrowedConnection) => Promise<T>): Promise<T> {
    try {
      const value = await this.calls.orGivenUp(work(connection));
      connection.release();
      return value;
    } catch (error) {
      const translated = this.translate(error, true);
      const broken = translated instanceof DatabaseUnavailableError && translated !== error;
      connection.release(broken ? translated : undefined);
      throw translated;
    }
  }

  private translate(error: unknown, sent: boolean): unknown {
    const verdict = this.judge(error);
    if (verdict === 'statement') return error;
    const reason = verdict === 'exhausted' ? 'no free connection in time' : messageOf(error);
    if (verdict === 'overburdened') this.hooks.onOverburdened?.(reason);
    const ambiguous = sent && (verdict === 'lost' || verdict === 'silent');
    return new DatabaseUnavailableError(reason, { cause: error, ambiguous });
  }

  private judge(error: unknown): ReturnType<typeof judgeError> {
    const verdict = judgeError(error);
    if (verdict === 'lost') this.availability.lost(messageOf(error));
    if (verdict === 'silent') void this.availability.suspect();
    return verdict;
  }

  private runHook(hook: () => void): void {
    try {
      hook();
    } catch (error) {
      // The commit stands; a failing hook must not make the caller believe otherwise.
      this.hooks.onHookError?.(error);
    }
  }
}

function queryOf(sql: string | PreparedStatement, params: readonly unknown[]): QueryConfig {
  return typeof sql === 'string' ? { text: sql, values: [...params] } : { ...sql, values: [...params] };
}

async function rowsOf<R>(answer: Promise<{ rows: unknown[] }>): Promise<R[]> {
  return (await answer).rows as R[];
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
