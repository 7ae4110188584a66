import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database, DatabaseUnavailableError, prepared, type Transaction } from '@posthorn/persistence';
import { ErasureBook } from '../erasing/erasure.book.js';
import { People, type Person } from '../people/people.js';
import { leafHash } from '../tree/merkle.hash.js';
import { addresseeOf, type NewEntry, withoutPersonal } from './entry.js';
import { insertEntries, type PlacedEntry } from './entry.statements.js';
import { textOf } from './entry.text.js';
import { LogEdge, type LogEnd } from './log.edge.js';

// One writer at a time, whichever process it lives in: positions then follow each other without a gap, and no
// entry ever appears behind one that a reader has already seen.
const QUEUE_UP = prepared("SELECT pg_advisory_xact_lock(hashtextextended('posthorn audit entries', 0))");
const END = prepared(`
  SELECT coalesce(last.position, 0)::float8 AS size, last.id AS "lastId",
         ARRAY(SELECT id FROM entries WHERE id = ANY($1::uuid[])) AS known
    FROM (SELECT) AS always LEFT JOIN LATERAL (SELECT position, id FROM entries ORDER BY position DESC LIMIT 1) AS last ON true`);

/** Appends to the log; there is no other way to change it. */
@Injectable()
export class EntryWriter implements OnModuleDestroy {
  private readonly stopping = Promise.withResolvers<undefined>();

  constructor(
    private readonly database: Database,
    private readonly people: People,
    private readonly erasures: ErasureBook,
    private readonly edge: LogEdge,
  ) {}

  onModuleDestroy(): void {
    this.stopping.resolve(undefined);
  }

  /** Appends what the log does not have yet, all or nothing; answers how many that were. Waits for Postgres. */
  async append(entries: readonly NewEntry[]): Promise<number> {
    const wanted = new Map(entries.map((entry) => [entry.envelope.id, entry]));
    if (wanted.size === 0) return 0;
    await this.postgres();
    return this.database.transaction(async (tx) => {
      await tx.query(QUEUE_UP);
      const [end] = await tx.query<LogEnd & { known: string[] }>(END, [[...wanted.keys()]]);
      for (const id of end?.known ?? []) wanted.delete(id);
      if (wanted.size > 0) await this.write(tx, [...wanted.values()], { size: end?.size ?? 0, lastId: end?.lastId ?? undefined });
      return wanted.size;
    });
  }

  private async write(tx: Transaction, entries: readonly NewEntry[], end: LogEnd): Promise<void> {
    const edge = await this.edge.at(tx, end);
    const recordedAt = new Date();
    const arrived = entries.map((entry, at) => ({ entry, position: end.size + at + 1, recordedAt }));
    // Before anything is sealed: what comes after a request in the same batch is another beginning, with another key.
    const forgotten = await this.erasures.take(tx, arrived);
    const coming = arrived.map((one) => (forgotten.has(one.entry.envelope.id) ? { ...one, entry: withoutPersonal(one.entry) } : one));
    const people = await this.peopleIn(tx, coming.map(({ entry }) => entry));
    const placed = coming.map(({ entry, position }): PlacedEntry => {
      const person = people.get(entry);
      return { entry, position, recordedAt, person: person?.pseudonym, ...textOf(entry, position, recordedAt, person) };
    });
    const tiles = edge.append(placed.map(({ text }) => leafHash(Buffer.from(text))));
    await insertEntries(tx, placed, tiles);
    tx.afterCommit(() => this.edge.keep(edge, entries.at(-1)?.envelope.id));
  }

  private async peopleIn(tx: Transaction, entries: readonly NewEntry[]): Promise<Map<NewEntry, Person>> {
    const about = entries.flatMap((entry) => {
      const addressee = addresseeOf(entry);
      return addressee === undefined ? [] : [{ entry, addressee }];
    });
    if (about.length === 0) return new Map();
    const people = await this.people.of(tx, about.map(({ addressee }) => addressee));
    return new Map(about.flatMap(({ entry }, at) => (people[at] === undefined ? [] : [[entry, people[at]]])));
  }

  // Nothing else can be done meanwhile, so a batch waits here rather than fail and come again.
  private async postgres(): Promise<void> {
    if (this.trouble() === undefined) return;
    await Promise.race([this.database.ready(), this.stopping.promise]);
    const trouble = this.trouble();
    if (trouble !== undefined) throw new DatabaseUnavailableError(trouble);
  }

  private trouble(): string | undefined {
    return this.database.unavailable;
  }
}
