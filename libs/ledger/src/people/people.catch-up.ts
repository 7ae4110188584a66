import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Envelope } from '@posthorn/contracts';
import { Database, DatabaseUnavailableError, type Transaction } from '@posthorn/persistence';
import { earlier, firstIdAt } from '../reconciliation/id.range.js';
import { peopleOf } from './person.digest.js';

const ENTRIES_AT_ONCE = 100;
const EVERY_MS = 60_000;
/** An entry may be committed so long after its id was made, so this much is looked at again. */
const LATE_MS = 30_000;

// Locked, so that nobody is noted of an entry that is being erased.
const ENTRIES = 'SELECT id, envelope FROM ledger WHERE id > $1 ORDER BY id LIMIT $2 FOR SHARE';
const NOTE = `
  INSERT INTO ledger_people (person, id) SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING`;

/** Notes whom the events are about that were accepted without it. Some time after the migration there are none left. */
@Injectable()
export class PeopleCatchUp implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(PeopleCatchUp.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private finished = false;
  private stopped = false;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.wake(), EVERY_MS).unref();
    this.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Goes on for so many steps; true when of everything accepted it is known whom it is about. */
  async run(steps: number): Promise<boolean> {
    for (let step = 0, after: string | undefined; !this.finished; step += 1) {
      if (step === steps || this.stopped) return false;
      after = await this.database.transaction((tx) => this.step(tx, after));
      if (after === undefined) return true;
    }
    return true;
  }

  private wake(): void {
    if (this.finished) clearInterval(this.timer);
    else this.running ??= this.runInBackground().finally(() => (this.running = undefined));
  }

  private async runInBackground(): Promise<void> {
    try {
      await this.run(Infinity);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'Whom earlier events are about could not be noted; it will be tried again');
    }
  }

  /** Answers where to go on; undefined when there is nothing further. */
  private async step(tx: Transaction, after?: string): Promise<string | undefined> {
    const [state] = await tx.query<{ from: string; over: boolean }>(
      'SELECT caught_up_to AS from, until < now() AS over FROM ledger_people_catch_up FOR UPDATE',
    );
    this.finished = state === undefined;
    if (state === undefined) return undefined;
    const rows = await tx.query<{ id: string; envelope: string }>(ENTRIES, [after ?? state.from, ENTRIES_AT_ONCE]);
    const noted = rows.flatMap(({ id, envelope }) => peopleOf(JSON.parse(envelope) as Envelope<unknown>).map((person) => ({ person, id })));
    await tx.query(NOTE, [noted.map(({ person }) => person), noted.map(({ id }) => id)]);
    const last = rows.at(-1)?.id;
    if (rows.length < ENTRIES_AT_ONCE && state.over) await tx.query('DELETE FROM ledger_people_catch_up');
    else if (last !== undefined) await tx.query('UPDATE ledger_people_catch_up SET caught_up_to = greatest(caught_up_to, $1)', [earlier(last, firstIdAt(Date.now() - LATE_MS))]);
    return rows.length < ENTRIES_AT_ONCE ? undefined : last;
  }
}
