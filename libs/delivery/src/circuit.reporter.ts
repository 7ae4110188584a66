import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type Counter, Metrics } from '@posthorn/observability';
import { type GuardTransition } from '@posthorn/resilience';
import { type Connection, ConnectionRegistry } from './connection.registry.js';

/** Says aloud when a connection's guard changes its state: in the log and as a metric. The outcome is told once, by the replica that found out. */
@Injectable()
export class CircuitReporter implements OnModuleInit {
  private readonly logger = new Logger(CircuitReporter.name);
  private readonly changes: Counter<'connection' | 'to'>;

  constructor(
    private readonly connections: ConnectionRegistry,
    metrics: Metrics,
  ) {
    this.changes = metrics.counter('connection_changes_total', 'Changes of a connection\'s state', ['connection', 'to']);
  }

  onModuleInit(): void {
    for (const connection of this.connections.all()) {
      connection.guard.onTransition((transition) => {
        this.report(connection, transition);
      });
    }
  }

  private report({ id, site }: Connection, { from, to, reason, openUntil, adopted }: GuardTransition): void {
    this.changes.inc({ connection: id, to });
    const about = { connection: id, site, from, to, reason, openUntil };
    if (to === 'closed' || to === 'half-open') this.logger.log(about, `${id} is ${to}`);
    else if (adopted) this.logger.log(about, `${id} is ${to}, as another replica found out`);
    else this.logger.warn(about, `${id} is ${to}: ${reason ?? 'no reason given'}`);
  }
}
