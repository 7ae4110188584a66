import { Injectable } from '@nestjs/common';
import { type Counter, type Histogram, Metrics } from '@posthorn/observability';
import { Database } from '@posthorn/persistence';
import { ConnectionRegistry } from './connection.registry.js';
import { DEAD_LETTERS, LIVE, sqlList } from './delivery.states.js';

const GUARD_STATES = ['closed', 'open', 'half-open', 'isolated', 'parked'] as const;

/** Labels are connections, actions and states: as many as the configuration has, however many events pass. */
@Injectable()
export class DeliveryMetrics {
  readonly attempts: Counter<'connection' | 'action' | 'state'>;
  readonly callSeconds: Histogram<'connection' | 'action'>;
  readonly deliverySeconds: Histogram<'connection' | 'action'>;
  readonly intake: Counter<'result'>;

  constructor(metrics: Metrics, database: Database, connections: ConnectionRegistry) {
    this.attempts = metrics.counter('delivery_attempts_total', 'Settled attempts by the state they led to', ['connection', 'action', 'state']);
    this.callSeconds = metrics.histogram('provider_call_seconds', 'Time an attempt took at the provider', ['connection', 'action']);
    this.deliverySeconds = metrics.histogram('delivery_seconds', 'Time from intake to delivered', ['connection', 'action']);
    this.intake = metrics.counter('intake_events_total', 'Events received from the stream', ['result']);
    metrics.gauge('deliveries', 'Deliveries that are open or wait for a person', ['connection', 'state'], async (gauge) => {
      if (database.unavailable !== undefined) return;
      const rows = await database.query<{ connection: string; state: string; count: string }>(
        `SELECT connection, state, count(*) AS count FROM deliveries WHERE state IN (${sqlList(LIVE)}) GROUP BY 1, 2
         UNION ALL
         SELECT connection, state, count(*) FROM deliveries WHERE state IN (${sqlList(DEAD_LETTERS)}) GROUP BY 1, 2`,
      );
      gauge.reset();
      for (const { connection, state, count } of rows) gauge.set({ connection, state }, Number(count));
    });
    metrics.gauge('connection_state', '1 for the state a connection\'s guard is in', ['connection', 'state'], (gauge) => {
      for (const { id, guard } of connections.all()) {
        for (const state of GUARD_STATES) gauge.set({ connection: id, state }, guard.state === state ? 1 : 0);
      }
    });
  }
}
