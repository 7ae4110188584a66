import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { parseEvent, type RedeliverAnswer, type RedeliverQuestion, type RedeliveryReport, type RedeliveryShare } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { Database, DatabaseUnavailableError, type Transaction } from '@posthorn/persistence';
import { ConnectionRegistry } from '../connection.registry.js';
import { Dispatcher } from '../dispatcher.service.js';
import { HandlerRegistry } from '../handler.registry.js';
import { OperatorOutcomes } from './operator.outcomes.js';
import { withinPatience } from './patience.js';
import { RedeliveryStore } from './redelivery.store.js';
import { type RedeliveryCandidate, type RedeliveryRow, reportOf, sharesOf } from './redelivery.row.js';

const IDLE_MS = 2_000;
const AFTER_FAILURE_MS = 1_000;
/** Events may be large; and the sooner a batch ends, the sooner a stop is obeyed. */
const MAX_BATCH = 50;
/** Batches per second, at most, while the rate allows. */
const BATCHES_PER_SECOND = 4;

/**
 * Sends what is dead, held or skipped again, many at a time and no faster than was asked. How far it has come is
 * committed with each batch, so that a redelivery goes on after a crash where it was, at whichever replica is there.
 */
@Injectable()
export class Redeliveries implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Redeliveries.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly store: RedeliveryStore,
    private readonly ledger: Ledger,
    private readonly outcomes: OperatorOutcomes,
    private readonly connections: ConnectionRegistry,
    private readonly handlers: HandlerRegistry,
    private readonly dispatcher: Dispatcher,
  ) {}

  onApplicationBootstrap(): void {
    this.runIn(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** How many it would be, by connection. */
  preview({ filter }: RedeliverQuestion): Promise<RedeliverAnswer['matched']> {
    return withinPatience(this.database, async (tx) => (await this.store.count(tx, filter)).map(({ connection, site, matched }) => ({ connection, site, matched })));
  }

  async start(question: RedeliverQuestion): Promise<RedeliveryReport | undefined> {
    await withinPatience(this.database, async (tx) => {
      const row = await this.store.begin(tx, question);
      if (row === undefined) return;
      const matched = await this.store.count(tx, question.filter);
      await this.store.advance(tx, row, { shares: byConnection(matched), last: undefined, finished: matched.length === 0, pauseMs: 0 });
      await this.ledger.append(tx, this.outcomes.ofRedelivery('redelivery-started', row, matched));
    });
    this.runIn(0);
    return this.report(question.id);
  }

  async report(id: string): Promise<RedeliveryReport | undefined> {
    const row = await this.store.find(id);
    return row && reportOf(row);
  }

  async stop(id: string, actor: string): Promise<RedeliveryReport | undefined> {
    await this.database.transaction(async (tx) => {
      const row = await this.store.stop(tx, id, actor);
      if (row !== undefined) await this.ledger.append(tx, this.outcomes.ofRedelivery('redelivery-stopped', row, sharesOf(row), actor));
    });
    return this.report(id);
  }

  private runIn(ms: number): void {
    if (this.stopped || this.running !== undefined) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      let next = IDLE_MS;
      this.running = this.runDue()
        .then((ms) => void (next = Math.min(ms, IDLE_MS)))
        .catch((error: unknown) => {
          next = AFTER_FAILURE_MS;
          if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'A batch of a redelivery failed');
        })
        .finally(() => {
          this.running = undefined;
          this.runIn(next);
        });
    }, ms);
  }

  /** Until when there is nothing to do, in milliseconds. */
  private async runDue(): Promise<number> {
    if (this.database.unavailable !== undefined) return AFTER_FAILURE_MS;
    while (!this.stopped && (await this.runBatch()));
    return (await this.store.dueInMs()) ?? IDLE_MS;
  }

  /** False when none was due. */
  private runBatch(): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const row = await this.store.takeDue(tx);
      if (row === undefined) return false;
      const size = Math.min(MAX_BATCH, Math.max(1, Math.ceil(row.per_second / BATCHES_PER_SECOND)));
      const candidates = await this.store.next(tx, row, size);
      const sent = await this.send(tx, row, candidates);
      const shares = sharesAfter(row, candidates, sent);
      const finished = candidates.length < size;
      await this.store.advance(tx, row, { shares, last: candidates.at(-1), finished, pauseMs: Math.ceil((candidates.length * 1_000) / row.per_second) });
      if (finished) await this.ledger.append(tx, this.outcomes.ofRedelivery('redelivery-finished', row, sharesOf({ shares })));
      return true;
    });
  }

  private async send(tx: Transaction, row: RedeliveryRow, candidates: readonly RedeliveryCandidate[]): Promise<Set<string>> {
    const able = candidates.filter((candidate) => this.isDeliverable(candidate));
    const sent = await this.store.redeliver(tx, row, able);
    const pending = able.filter(({ id }) => sent.has(id));
    await this.ledger.append(tx, pending.map((candidate) => this.outcomes.ofDelivery(row, candidate)));
    tx.afterCommit(() => this.dispatcher.wake(new Set(pending.map(({ connection }) => connection))));
    return sent;
  }

  /** Whether this version and configuration could deliver it at all; if not, pending would be a lie. */
  private isDeliverable({ connection, type, action, envelope }: RedeliveryCandidate): boolean {
    if (this.connections.get(connection) === undefined || this.handlers.find(type, action) === undefined) return false;
    try {
      parseEvent(envelope);
      return true;
    } catch {
      return false;
    }
  }
}

const byConnection = (shares: readonly RedeliveryShare[]): RedeliveryRow['shares'] => Object.fromEntries(shares.map(({ connection, ...share }) => [connection, share]));

function sharesAfter(row: RedeliveryRow, candidates: readonly RedeliveryCandidate[], sent: ReadonlySet<string>): RedeliveryRow['shares'] {
  const shares = { ...row.shares };
  for (const { id, connection, site } of candidates) {
    const { matched, redelivered, refused } = shares[connection] ?? { matched: 0, redelivered: 0, refused: 0 };
    const ok = sent.has(id);
    shares[connection] = { site, matched, redelivered: redelivered + (ok ? 1 : 0), refused: refused + (ok ? 0 : 1) };
  }
  return shares;
}
