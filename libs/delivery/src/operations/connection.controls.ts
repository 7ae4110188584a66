import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type IsolateQuestion, type ReleaseQuestion } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { SharedCircuits } from '../circuits/shared.circuits.js';
import { type Connection, ConnectionRegistry } from '../connection.registry.js';
import { OperatorOutcomes } from './operator.outcomes.js';

const LOOK_MS = 1_000;

interface Control {
  connection: string;
  isolated: boolean;
  reason: string | null;
  actor: string;
  operation: string;
}

// The newest order holds, and the replicas that hear the same one later change nothing.
const WRITE = `
  INSERT INTO connection_controls AS c (connection, isolated, reason, actor, operation)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (connection) DO UPDATE
     SET isolated = excluded.isolated, reason = excluded.reason, actor = excluded.actor, operation = excluded.operation, changed_at = now()
   WHERE c.operation < excluded.operation
  RETURNING operation`;

/** Which connections operators have isolated: kept in Postgres, so that it outlives a restart and reaches every replica. */
@Injectable()
export class ConnectionControls implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(ConnectionControls.name);
  private readonly applied = new Map<string, string>();
  private known = false;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionRegistry,
    private readonly ledger: Ledger,
    private readonly outcomes: OperatorOutcomes,
    private readonly circuits: SharedCircuits,
  ) {}

  onModuleInit(): void {
    this.lookLater(0);
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Before this has resolved once, no work may be taken: the connection may be isolated, or its provider known to be down. */
  async learn(): Promise<void> {
    if (!this.known) await this.look();
  }

  isolate(connection: Connection, order: IsolateQuestion): Promise<boolean> {
    return this.carryOut('isolate', connection, { ...order, isolated: true });
  }

  /** Ends isolation, parking, an open circuit and a provider's pause, at every replica. */
  release(connection: Connection, order: ReleaseQuestion): Promise<boolean> {
    return this.carryOut('release', connection, { ...order, isolated: false, reason: undefined });
  }

  /** False where a newer order holds. */
  private async carryOut(verb: 'isolate' | 'release', connection: Connection, order: ReleaseQuestion & { isolated: boolean; reason?: string }): Promise<boolean> {
    const { id, actor, isolated, reason } = order;
    await this.learn();
    await this.database.transaction(async (tx) => {
      const written = await tx.query(WRITE, [connection.id, isolated, reason ?? null, actor, id]);
      if (written.length === 0) return;
      await this.ledger.append(tx, [this.outcomes.ofConnection(verb, connection, { actor, operation: id, ...(reason === undefined ? {} : { reason }) })]);
      tx.afterCommit(() => this.logger.warn({ connection: connection.id, site: connection.site, actor, reason }, `${connection.id}: an operator said ${verb}`));
    });
    await this.look();
    return this.applied.get(connection.id) === id;
  }

  private lookLater(ms = LOOK_MS): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.look()
        .catch((error: unknown) => {
          if (!(error instanceof DatabaseUnavailableError)) this.logger.error({ err: error }, 'Looking for orders of operators failed');
        })
        .finally(() => this.lookLater());
    }, ms);
  }

  private async look(): Promise<void> {
    if (this.database.unavailable !== undefined && this.known) return;
    const controls = await this.database.query<Control>('SELECT connection, isolated, reason, actor, operation FROM connection_controls');
    const first = !this.known;
    for (const control of controls) this.apply(control, first);
    // Afterwards: a circuit that has opened again since it was released stays open.
    await this.circuits.look();
    this.known = true;
  }

  private apply({ connection, isolated, reason, actor, operation }: Control, first: boolean): void {
    const before = this.applied.get(connection);
    // Two looks may overtake each other: what is older says nothing.
    if (before !== undefined && before >= operation) return;
    this.applied.set(connection, operation);
    const guard = this.connections.get(connection)?.guard;
    if (isolated) guard?.isolate(`${reason ?? 'no reason given'} (isolated by ${actor})`);
    else if (!first) guard?.release();
  }
}
