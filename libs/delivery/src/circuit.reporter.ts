import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Ledger } from '@posthorn/ledger';
import { Database } from '@posthorn/persistence';
import { type GuardTransition } from '@posthorn/resilience';
import { type Connection, ConnectionRegistry } from './connection.registry.js';
import { DeliveryOutcomes } from './delivery.outcomes.js';

/** Says aloud when a connection's guard changes its state: in the log, and as an outcome of the service. */
@Injectable()
export class CircuitReporter implements OnModuleInit {
  private readonly logger = new Logger(CircuitReporter.name);

  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly outcomes: DeliveryOutcomes,
    private readonly ledger: Ledger,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    for (const connection of this.connections.all()) {
      connection.guard.onTransition((transition) => void this.report(connection, transition));
    }
  }

  private async report(connection: Connection, transition: GuardTransition): Promise<void> {
    const { from, to, reason, openUntil } = transition;
    const about = { connection: connection.id, site: connection.site, from, to, reason, openUntil };
    if (to === 'closed' || to === 'half-open') this.logger.log(about, `${connection.id} is ${to}`);
    else this.logger.warn(about, `${connection.id} is ${to}: ${reason ?? 'no reason given'}`);
    try {
      const entry = this.outcomes.ofTransition(connection, transition);
      if (entry !== undefined) await this.database.transaction((tx) => this.ledger.append(tx, [entry]));
    } catch (error) {
      // Deliveries do not depend on it, and the state itself is in the metrics.
      this.logger.error({ err: error, connection: connection.id, to }, 'A change of state could not be recorded');
    }
  }
}
