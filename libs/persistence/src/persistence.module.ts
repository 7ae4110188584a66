import { type DynamicModule, Global, Logger, Module } from '@nestjs/common';
import { HealthRegistry } from '@posthorn/observability';
import { DataSource } from 'typeorm';
import { Database } from './database.service.js';
import type { DatabaseOptions } from './postgres-pool.js';

/** A full disk refuses every statement; one line in so long says it as well. */
const COMPLAIN_EVERY_MS = 10_000;

@Global()
@Module({})
export class PersistenceModule {
  /** Provides `Database`, and TypeORM's `DataSource` (connected once `database.ready()` resolves). */
  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: PersistenceModule,
      providers: [
        {
          provide: Database,
          inject: [{ token: HealthRegistry, optional: true }],
          useFactory: (health: HealthRegistry | undefined) => createDatabase(options, health),
        },
        { provide: DataSource, inject: [Database], useFactory: (database: Database) => database.dataSource },
      ],
      exports: [Database, DataSource],
    };
  }
}

function createDatabase(options: DatabaseOptions, health: HealthRegistry | undefined): Database {
  const logger = new Logger('Database');
  const database = new Database(options, {
    onChange: (up, reason) => {
      if (up) logger.log('Postgres answers');
      else logger.warn(`Postgres is unavailable: ${reason ?? 'no reason given'}`);
    },
    onOverburdened: atMostEvery(COMPLAIN_EVERY_MS, (reason) => logger.error(`Postgres answers, but cannot do its work: ${reason}`)),
    onHookError: (error) => logger.error('A hook after a commit failed', error),
  });
  health?.register('postgres', () => database.check());
  return database;
}

function atMostEvery(ms: number, complain: (reason: string) => void): (reason: string) => void {
  let last = -Infinity;
  return (reason) => {
    if (performance.now() - last < ms) return;
    last = performance.now();
    complain(reason);
  };
}
