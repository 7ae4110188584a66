import { Logger } from '@nestjs/common';
import { acceptedAtOf } from '@posthorn/contracts';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { differingRanges } from './differing.ranges.js';
import { firstIdAt, type IdRange } from './id.range.js';
import type { LedgerPeer, PublishedEntry } from './ledger.peer.js';
import type { Subscription } from './subscription.js';
import type { Walk } from './type.marks.js';
import type { Watermark, Watermarks } from './watermarks.js';

export interface ComparisonTools {
  peer: LedgerPeer;
  subscription: Subscription;
  watermarks: Watermarks;
  minAgeMs: number;
  lateMs: number;
  stopped: () => boolean;
  onFetched: (count: number) => void;
  /** The publisher answers for all types, though it was asked about some. */
  onUntyped: () => void;
}

export interface ComparisonResult {
  fetched: number;
  /** Entries that the subscriber could not take. The watermark waits for them, and what comes after them does not. */
  failed: number;
}

/** One walk from the watermark to the present, with one publisher and about some types or all, in steps whose cost and size are bounded. */
export class Comparison {
  private readonly logger = new Logger('Reconciliation');
  private readonly publisher: string;
  private fetched = 0;
  private failed = 0;

  constructor(
    private readonly tools: ComparisonTools,
    private readonly watermark: Watermark,
    private readonly walk: Walk,
  ) {
    this.publisher = watermark.publisher;
  }

  async run(): Promise<ComparisonResult> {
    const { peer, watermarks, minAgeMs, lateMs, stopped, onUntyped } = this.tools;
    const { types, agreedUntil } = this.walk;
    let from = firstIdAt(Math.max(this.watermark.since.getTime(), agreedUntil.getTime() - lateMs));
    for (let done = false; !done && !stopped(); ) {
      const digest = await peer.digest(this.publisher, { from, minAgeMs, types });
      // Its minutes differ then where there is anything else, and what is fetched is looked through.
      if (types !== undefined && digest.types === undefined) onUntyped();
      const compared = { from, until: digest.until };
      const ours = await this.kept.minutes(compared);
      for (const range of differingRanges(compared, digest.minutes, ours)) await this.fetchMissing(range);
      if (stopped() || !(await watermarks.agree(this.watermark, this.failed === 0 ? acceptedAtOf(digest.until) : undefined, types))) break;
      from = digest.until;
      done = digest.done;
    }
    return { fetched: this.fetched, failed: this.failed };
  }

  private get kept() {
    return this.tools.subscription.kept(this.publisher, this.walk.types);
  }

  private async fetchMissing(range: IdRange): Promise<void> {
    const { peer, watermarks, stopped, onFetched } = this.tools;
    for (let { from } = range; from < range.until && !stopped(); ) {
      const { ids, until } = await peer.ids(this.publisher, { from, until: range.until }, this.walk.types);
      for await (const entries of peer.entries(this.publisher, await this.kept.missing(ids))) {
        const wanted = entries.filter((entry) => this.walk.types?.includes(String(entry['type'])) !== false);
        const taken = wanted.length === 0 ? 0 : await this.take(wanted);
        this.fetched += taken;
        onFetched(taken);
        if (stopped() || !(await watermarks.agree(this.watermark))) return;
      }
      from = until;
    }
  }

  /** Together, and if that fails each alone: one that nobody can digest must not keep the others away. */
  private async take(entries: readonly PublishedEntry[]): Promise<number> {
    const { subscription } = this.tools;
    try {
      await subscription.take(this.publisher, entries);
      return entries.length;
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) throw error;
      if (entries.length === 1) return this.fail(entries, error);
    }
    let taken = 0;
    for (const entry of entries) taken += await this.take([entry]);
    return taken;
  }

  private fail(entries: readonly PublishedEntry[], error: unknown): number {
    this.failed += 1;
    this.logger.error({ err: error, publisher: this.publisher, eventId: entries[0]?.id }, 'A missing entry was fetched and could not be taken; it will be tried again');
    return 0;
  }
}
