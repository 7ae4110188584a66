import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Ledger, type LedgerEntry } from '@posthorn/ledger';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { type GuardTransition, type Standing } from '@posthorn/resilience';
import { type Connection, ConnectionRegistry } from '../connection.registry.js';
import { DeliveryOutcomes } from '../delivery.outcomes.js';
import { CircuitStore, type SharedStanding } from './circuit.store.js';

/** Beyond the call's deadline: time to write what the test has shown. Later than that another replica may test. */
const PROBE_MARGIN_MS = 5_000;
/** Where a test could not be had and nothing says why: somebody is deciding at this moment. */
const ASK_AGAIN_MS = 200;
/** While Postgres is away; the newest count. */
const MOST_UNWRITTEN = 100;

interface Decision {
  readonly standing: Standing;
  readonly outcome: LedgerEntry | undefined;
}

interface Shared {
  /** The newest that this replica knows. */
  revision: number;
  state: Standing['state'];
  readonly unwritten: Decision[];
  writing: Promise<void> | undefined;
}

/**
 * Lets the replicas of a service be of one mind about a connection: a circuit that opens, or credentials that are
 * refused, are written down and hold for all; one replica tests the provider, and what it finds out holds for all
 * again. Without Postgres each guard decides alone, and since nothing can be claimed then, hardly anything is called.
 */
@Injectable()
export class SharedCircuits implements OnModuleInit {
  private readonly logger = new Logger(SharedCircuits.name);
  private readonly shared = new Map<string, Shared>();
  private known = false;

  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionRegistry,
    private readonly store: CircuitStore,
    private readonly ledger: Ledger,
    private readonly outcomes: DeliveryOutcomes,
  ) {}

  onModuleInit(): void {
    for (const connection of this.connections.all()) {
      this.shared.set(connection.id, { revision: 0, state: 'closed', unwritten: [], writing: undefined });
      connection.guard.onDecision((standing, transition) => void this.decided(connection, standing, transition));
      connection.guard.admitProbesBy((urgent) => this.admitProbe(connection, urgent));
    }
  }

  /** Adopts what others have found out, and writes what could not be written before. */
  async look(): Promise<void> {
    const first = !this.known;
    const rows = await this.store.look([...this.shared.keys()]);
    this.known = true;
    for (const connection of this.connections.all()) {
      if (this.of(connection).unwritten.length > 0) await this.write(connection);
      const row = rows.get(connection.id);
      if (row === undefined) continue;
      this.adopt(connection, row);
      // Who starts may have been given new credentials.
      if (first) connection.guard.probeNow();
    }
  }

  private decided(connection: Connection, standing: Standing, transition: GuardTransition | undefined): Promise<void> {
    const { unwritten } = this.of(connection);
    unwritten.push({ standing, outcome: transition && this.outcomeOf(connection, transition) });
    if (unwritten.length > MOST_UNWRITTEN) unwritten.shift();
    return this.write(connection);
  }

  /** Undefined where this replica may test the provider now, otherwise when to ask again. */
  private async admitProbe(connection: Connection, urgent: boolean): Promise<Date | undefined> {
    await this.write(connection);
    if (this.database.unavailable !== undefined) return undefined;
    const shared = this.of(connection);
    const { guard } = connection;
    const taken = await this.database.transaction(async (tx) => {
      const state = await this.store.takeProbe(tx, connection.id, shared.revision, guard.options.deadlineMs + PROBE_MARGIN_MS, urgent);
      const outcome = state === 'open' ? this.outcomeOf(connection, { guard: guard.name, from: 'open', to: 'half-open', adopted: false }) : undefined;
      if (outcome !== undefined) await this.ledger.append(tx, [outcome]);
      return state;
    });
    if (taken !== undefined) return undefined;
    const waitMs = await this.catchUp(connection);
    // Nothing is written of trouble that this guard has: it decides alone.
    return shared.state === 'closed' ? undefined : new Date(Date.now() + Math.max(ASK_AGAIN_MS, waitMs));
  }

  /** It is called in the middle of a call, which must not fail because something cannot be put into words. */
  private outcomeOf(connection: Connection, transition: GuardTransition): LedgerEntry | undefined {
    try {
      return this.outcomes.ofTransition(connection, transition);
    } catch (error) {
      this.logger.error({ err: error, connection: connection.id, to: transition.to }, 'A change of state cannot be told as an outcome');
      return undefined;
    }
  }

  private adopt(connection: Connection, { standing, revision }: SharedStanding): void {
    const shared = this.of(connection);
    if (revision <= shared.revision || shared.unwritten.length > 0) return;
    Object.assign(shared, { revision, state: standing.state });
    connection.guard.adopt(standing);
  }

  /** After a decision or a probe was not this replica's to make. Returns for how long it is another's. */
  private async catchUp(connection: Connection): Promise<number> {
    const shared = this.of(connection);
    const row = (await this.store.look([connection.id])).get(connection.id);
    // Postgres has been set back to an earlier time: what was written since is told again by whom it concerns.
    if ((row?.revision ?? 0) < shared.revision) Object.assign(shared, { revision: row?.revision ?? 0, state: row?.standing.state ?? 'closed' });
    else if (row !== undefined) this.adopt(connection, row);
    return row?.waitMs ?? 0;
  }

  private write(connection: Connection): Promise<void> {
    const shared = this.of(connection);
    shared.writing ??= this.writeAll(connection, shared)
      .catch((error: unknown) => {
        // The next look tries again.
        if (error instanceof DatabaseUnavailableError) return;
        shared.unwritten.length = 0;
        this.logger.error({ err: error, connection: connection.id }, 'How a connection stands could not be told to other replicas');
      })
      .finally(() => (shared.writing = undefined));
    return shared.writing;
  }

  private async writeAll(connection: Connection, shared: Shared): Promise<void> {
    for (let next = shared.unwritten[0]; next !== undefined; next = shared.unwritten[0]) {
      const { standing, outcome } = next;
      if (shared.state === 'closed' && standing.state === 'closed') {
        shared.unwritten.shift();
        continue;
      }
      const revision = await this.database.transaction(async (tx) => {
        const written = await this.store.decide(tx, connection.id, standing, shared.revision);
        if (written !== undefined && outcome !== undefined) await this.ledger.append(tx, [outcome]);
        return written;
      });
      if (revision === undefined) {
        // Another replica was faster: what it says holds, and it has said it aloud.
        shared.unwritten.length = 0;
        await this.catchUp(connection);
        return;
      }
      shared.unwritten.shift();
      Object.assign(shared, { revision, state: standing.state });
    }
  }

  private of({ id }: Connection): Shared {
    const shared = this.shared.get(id);
    if (shared === undefined) throw new Error(`Connection "${id}" is not configured.`);
    return shared;
  }
}
