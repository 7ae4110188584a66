import { Injectable } from '@nestjs/common';
import { acceptedAtOf, type Envelope } from '@posthorn/contracts';
import { Database, DatabaseUnavailableError, MicroBatcher, type Transaction } from '@posthorn/persistence';
import { type Acceptance, type AcceptEntry, type LedgerEntry, LedgerError, type LedgerRow } from './ledger.entry.js';
import { findIncumbents, type Incumbent, insertEntries, type Querying, type WrittenEntry } from './ledger.statement.js';
import { Relay } from './relay.service.js';

const MAX_BATCH = 500;
/** More text in one statement would stall this process, and the statement after it. */
const MAX_BATCH_LENGTH = 2 * 1024 * 1024;
/** While one batch commits, the next is on its way; a third would only make both smaller. */
const CONCURRENCY = 2;
const MAX_KEY_LENGTH = 255;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What this service has accepted (ingress) or says (an outbox). Rows are written once; only an erasure changes them. */
@Injectable()
export class Ledger {
  private readonly batcher = new MicroBatcher<WeighedEntry, Acceptance | Error>({
    maxBatch: MAX_BATCH,
    maxWeight: { of: ({ body }) => body.length, sum: MAX_BATCH_LENGTH },
    concurrency: CONCURRENCY,
    run: (entries) => this.acceptBatch(entries),
  });

  constructor(
    private readonly database: Database,
    private readonly relay: Relay,
  ) {}

  /**
   * Resolves strictly after the commit. Entries that arrive together share one statement; one that cannot be
   * stored does not fail the others. Rejects with DatabaseUnavailableError while Postgres is away.
   */
  async accept(entry: AcceptEntry): Promise<Acceptance> {
    const { idempotencyKey } = entry;
    if (idempotencyKey !== undefined) checkKey(idempotencyKey);
    const answer = await this.batcher.add({ ...entry, body: JSON.stringify(entry.envelope) });
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /**
   * Accepts entries that came together, as `accept` does each of them: in their order, what became of each, or why it
   * could not be stored. Throws only for an idempotency key that is none.
   */
  acceptAll(entries: readonly AcceptEntry[]): Promise<(Acceptance | Error)[]> {
    for (const { idempotencyKey } of entries) if (idempotencyKey !== undefined) checkKey(idempotencyKey);
    return this.batcher.addAll(entries.map((entry) => ({ ...entry, body: JSON.stringify(entry.envelope) })));
  }

  /** Writes in the caller's transaction; what is written is published after that has committed. */
  async append(tx: Transaction, entries: readonly LedgerEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const written = await insertEntries(tx, entries);
    tx.afterCommit(() => this.relay.offer([...written.values()]));
  }

  /**
   * Accepts in the caller's transaction, whose commit decides about all of them; what is written is published after that.
   * Answers each in the order given: an Error where it was neither written nor found.
   */
  async acceptWithin(tx: Transaction, entries: readonly AcceptEntry[]): Promise<(Acceptance | Error)[]> {
    for (const { idempotencyKey } of entries) if (idempotencyKey !== undefined) checkKey(idempotencyKey);
    if (entries.length === 0) return [];
    const inOrder = [...entries].sort(byKey);
    const written = await insertEntries(tx, inOrder);
    tx.afterCommit(() => this.relay.offer([...written.values()]));
    return this.explain(entries, inOrder, written, tx);
  }

  /** Publishes what a statement with an outbox has written; call it after the commit. */
  publish(written: readonly WrittenEntry[]): void {
    this.relay.offer(written);
  }

  async find(id: string): Promise<LedgerRow | undefined> {
    return UUID.test(id) ? this.row('id = $1', [id]) : undefined;
  }

  /** What was accepted under an idempotency key of a site. */
  async findByKey(site: string, idempotencyKey: string): Promise<LedgerRow | undefined> {
    return this.row('site = $1 AND idempotency_key = $2', [site, idempotencyKey]);
  }

  /** Resolves when everything that was being accepted has its answer. */
  drain(): Promise<void> {
    return this.batcher.drain();
  }

  private async row(where: string, params: readonly string[]): Promise<LedgerRow | undefined> {
    const [row] = await this.database.query<Stored>(
      `SELECT id, site, type, subject, envelope, idempotency_key, accepted_at FROM ledger WHERE ${where}`,
      params,
    );
    if (row === undefined) return undefined;
    const { envelope, idempotency_key: key, accepted_at: acceptedAt, ...rest } = row;
    return { ...rest, envelope: JSON.parse(envelope) as Envelope<unknown>, idempotencyKey: key ?? undefined, acceptedAt };
  }

  private async acceptBatch(entries: WeighedEntry[]): Promise<(Acceptance | Error)[]> {
    try {
      return await this.store(entries);
    } catch (error) {
      if (entries.length === 1 || error instanceof DatabaseUnavailableError) throw error;
      // A statement fails as a whole; alone, only the entry that is to blame does.
      return Promise.all(entries.map((entry) => this.storeAlone(entry)));
    }
  }

  private async storeAlone(entry: WeighedEntry): Promise<Acceptance | Error> {
    try {
      const [acceptance] = await this.store([entry]);
      return acceptance ?? inconsistent(entry);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private async store(entries: WeighedEntry[]): Promise<(Acceptance | Error)[]> {
    // Two replicas that insert the same keys in different orders would wait for each other.
    const inOrder = entries.length === 1 ? entries : [...entries].sort(byKey);
    const written = await insertEntries(this.database, inOrder);
    this.relay.offer([...written.values()]);
    if (written.size === entries.length) return entries.map(accepted);
    return this.explain(entries, inOrder, written, this.database);
  }

  /** An entry that was not written is a repetition of one that was, in this batch or long ago. */
  private async explain(
    entries: readonly AcceptEntry[],
    inOrder: readonly AcceptEntry[],
    written: ReadonlyMap<string, WrittenEntry>,
    querying: Querying,
  ): Promise<(Acceptance | Error)[]> {
    const unclaimed = new Set(written.keys());
    // The same id twice in one batch: the first in the statement's order is the one that was written.
    const winners = new Set(inOrder.filter(({ envelope }) => unclaimed.delete(envelope.id)));
    const bounced = entries.filter((entry) => !winners.has(entry));
    const incumbents = bounced.length === 0 ? [] : await findIncumbents(querying, bounced);
    const byId = new Map(incumbents.map((row) => [row.id, row]));
    const byKey = new Map(incumbents.map((row) => [keyOf(row.site, row.idempotency_key), row]));
    return entries.map((entry) => {
      if (winners.has(entry)) return accepted(entry);
      const { idempotencyKey: key, envelope } = entry;
      const incumbent = (key === undefined ? undefined : byKey.get(keyOf(envelope.site, key))) ?? byId.get(envelope.id);
      return incumbent === undefined ? inconsistent(entry) : replayOrConflict(entry, incumbent);
    });
  }
}

interface WeighedEntry extends AcceptEntry {
  /** The envelope, as it is stored and published. */
  body: string;
}

interface Stored {
  id: string;
  site: string;
  type: string;
  subject: string;
  envelope: string;
  idempotency_key: string | null;
  accepted_at: Date;
}

function accepted({ envelope }: AcceptEntry): Acceptance {
  return { status: 'accepted', id: envelope.id, acceptedAt: acceptedAtOf(envelope.id) };
}

function replayOrConflict({ bodyHash }: AcceptEntry, incumbent: Incumbent): Acceptance {
  const { id, body_hash: known, accepted_at: acceptedAt } = incumbent;
  const same = known === null ? bodyHash === undefined : bodyHash !== undefined && known.equals(bodyHash);
  return same ? { status: 'replayed', id, acceptedAt } : { status: 'conflict', id };
}

function inconsistent({ envelope }: AcceptEntry): LedgerError {
  return new LedgerError('LEDGER_INCONSISTENT', `Event ${envelope.id} was neither stored nor found; send it again.`);
}

function checkKey(key: string): void {
  if (key.length > 0 && key.length <= MAX_KEY_LENGTH && !key.includes('\0')) return;
  throw new LedgerError('IDEMPOTENCY_KEY_INVALID', `An idempotency key has 1 to ${MAX_KEY_LENGTH} characters and no NUL.`);
}

function keyOf(site: string, key: string | null): string {
  return `${site}\n${key ?? ''}`;
}

function byKey(a: AcceptEntry, b: AcceptEntry): number {
  const [left, right] = [a.idempotencyKey ?? '', b.idempotencyKey ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}
