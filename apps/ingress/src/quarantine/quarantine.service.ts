import { Injectable } from '@nestjs/common';
import { acceptedAtOf } from '@posthorn/contracts';
import { type Counter, Metrics } from '@posthorn/observability';
import { MicroBatcher } from '@posthorn/persistence';
import { contentHash } from '../accepting/acceptance.service.js';
import type { Draft } from '../admission/draft.js';
import { QuarantineRoom } from './quarantine.room.js';
import { type Incumbent, type QuarantineRow, QuarantineStore } from './quarantine.store.js';
import { QuarantineWatch } from './quarantine.watch.js';
import type { Aside, SetAside } from './set-aside.js';

const MAX_BATCH = 200;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

/** Sets aside what is neither accepted nor to be lost. */
@Injectable()
export class Quarantine {
  // One batch at a time: a flood of refusals must leave the connections to what is accepted.
  private readonly batcher = new MicroBatcher<QuarantineRow, SetAside>({
    maxBatch: MAX_BATCH,
    maxWeight: { of: ({ bytes }) => bytes, sum: MAX_BATCH_BYTES },
    run: (rows) => this.keep(rows),
  });
  private readonly counter: Counter<'state' | 'result'>;

  constructor(
    private readonly store: QuarantineStore,
    private readonly room: QuarantineRoom,
    private readonly watch: QuarantineWatch,
    metrics: Metrics,
  ) {
    this.counter = metrics.counter('ingress_set_aside_total', 'Submissions that were set aside, by what came of it', ['state', 'result']);
  }

  /** Resolves strictly after the commit. Rejects with DatabaseUnavailableError while Postgres is away. */
  async setAside(aside: Aside): Promise<SetAside> {
    const row = this.store.rowOf(aside);
    const result: SetAside = row !== undefined && (await this.room.take(aside.draft.site, aside.state, row.bytes)) ? await this.batcher.add(row) : { status: 'full' };
    this.counter.inc({ state: aside.state, result: result.status });
    if (aside.state === 'held') this.watch.noteHeld(aside.draft.site);
    return result;
  }

  /** Whether it is worth asking what is held of the site. */
  holdsFor(site: string): boolean {
    return this.watch.holdsFor(site);
  }

  /** What was held under the key of a draft, and has not been let in. */
  async heldBefore({ site, once }: Draft): Promise<SetAside | undefined> {
    if (once === undefined) return undefined;
    const found = await this.store.incumbents([{ site, key: once.idempotencyKey }]);
    const held = found.find(({ kind }) => kind === 'held');
    if (held === undefined) return undefined;
    const { id, hash, receivedAt } = held;
    return hash?.equals(contentHash(once)) === true ? { status: 'repeated', id, receivedAt } : { status: 'conflict', id };
  }

  private async keep(rows: QuarantineRow[]): Promise<SetAside[]> {
    const kept = await this.store.insert(rows);
    const bounced = rows.filter(({ id }) => !kept.has(id));
    const incumbents = bounced.length === 0 ? [] : await this.incumbentsOf(bounced);
    const results: SetAside[] = [];
    for (const row of rows) results.push(kept.delete(row.id) ? keptAs(row) : await this.settle(row, incumbents));
    return results;
  }

  /** One whose key was used before. */
  private async settle(row: QuarantineRow, incumbents: readonly Incumbent[]): Promise<SetAside> {
    const incumbent = incumbents.find(({ site, key }) => site === row.aside.draft.site && key === row.key);
    if (incumbent === undefined) throw new Error(`Draft ${row.id} was neither kept nor found`);
    const { id, hash, receivedAt } = incumbent;
    if (hash !== null && row.hash?.equals(hash) === true && (incumbent.kind !== 'refused' || row.aside.state === 'refused')) return { status: 'repeated', id, receivedAt };
    if (incumbent.kind !== 'refused') return { status: 'conflict', id };
    // The sender has tried to mend it, and tries on under the same key.
    if (row.aside.state === 'refused') return (await this.store.replace(id, row)) ? { status: 'kept', id, receivedAt } : { status: 'conflict', id };
    await this.store.freeKey(id);
    return (await this.store.insert([row])).size > 0 ? keptAs(row) : this.settle(row, await this.incumbentsOf([row]));
  }

  private incumbentsOf(rows: readonly QuarantineRow[]): Promise<Incumbent[]> {
    return this.store.incumbents(rows.flatMap(({ aside: { draft }, key }) => (key === undefined ? [] : [{ site: draft.site, key }])));
  }
}

function keptAs({ id }: QuarantineRow): SetAside {
  return { status: 'kept', id, receivedAt: acceptedAtOf(id) };
}
