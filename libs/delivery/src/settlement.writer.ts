import { Injectable, Logger } from '@nestjs/common';
import { Ledger } from '@posthorn/ledger';
import { Database, DatabaseUnavailableError, MicroBatcher } from '@posthorn/persistence';
import { DeliveryMetrics } from './delivery.metrics.js';
import { DeliveryOutcomes } from './delivery.outcomes.js';
import { type Settlement } from './delivery.row.js';
import { DeliveryStore } from './delivery.store.js';

const MAX_BATCH = 200;
/** Nobody waits for a settlement but the next of its ordering key. */
const GATHER_MS = 5;
const AGAIN_MS = 250;

interface Settled {
  /** False: another process had settled it, or taken it over. */
  readonly settled: boolean;
  readonly released: ReadonlySet<string>;
}

/** Writes how attempts ended, each together with its outcome, many in one commit. */
@Injectable()
export class SettlementWriter {
  private readonly logger = new Logger(SettlementWriter.name);
  private readonly abandoned = new AbortController();
  private readonly batcher = new MicroBatcher<Settlement, Settled | Error>({
    // One at a time: a slot is free before its settlement is written, so what waits only makes the next commit larger.
    maxBatch: MAX_BATCH,
    gatherMs: GATHER_MS,
    run: (settlements) => this.write(settlements),
  });

  constructor(
    private readonly database: Database,
    private readonly store: DeliveryStore,
    private readonly ledger: Ledger,
    private readonly outcomes: DeliveryOutcomes,
    private readonly metrics: DeliveryMetrics,
  ) {}

  /**
   * Resolves when it is written; tries for as long as the database is away. Writing twice is harmless: the second
   * finds the delivery settled. Undefined when it was given up, and the lease will say "unknown".
   */
  async settle(settlement: Settlement): Promise<Settled | undefined> {
    while (!this.abandoned.signal.aborted) {
      try {
        const answer = await this.batcher.add(settlement);
        if (answer instanceof Error) throw answer;
        if (answer.settled) this.count(settlement);
        return answer;
      } catch (error) {
        if (!(error instanceof DatabaseUnavailableError)) {
          this.logger.error({ err: error, eventId: settlement.delivery.event.id, connection: settlement.delivery.connection }, 'A settlement cannot be written');
          return undefined;
        }
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    return undefined;
  }

  /** Stops trying; for the end of the process. */
  abandon(): void {
    this.abandoned.abort();
  }

  private async write(settlements: Settlement[]): Promise<(Settled | Error)[]> {
    try {
      return await this.commit(settlements);
    } catch (error) {
      if (settlements.length === 1 || error instanceof DatabaseUnavailableError) throw error;
      // A batch fails as a whole; alone, only the settlement that is to blame does.
      return Promise.all(settlements.map((one) => this.commit([one]).then(([answer]) => answer ?? new Error('No answer'), asError)));
    }
  }

  /** One statement, hence one transaction: a delivery is settled together with its outcome or not at all. */
  private async commit(settlements: Settlement[]): Promise<Settled[]> {
    const { settled, released, outcomes } = await this.store.settle(this.database, settlements, (settlement) => this.outcomes.ofSettlement(settlement));
    this.ledger.publish(outcomes);
    return settlements.map((settlement) => ({ settled: settled.has(settlement), released }));
  }

  private count({ delivery, decision }: Settlement): void {
    const labels = { connection: delivery.connection, action: delivery.action };
    this.metrics.attempts.inc({ ...labels, state: decision.transition === 'putBack' ? 'put-back' : decision.state });
    if (decision.state === 'delivered') this.metrics.deliverySeconds.observe(labels, (Date.now() - delivery.createdAt.getTime()) / 1000);
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
