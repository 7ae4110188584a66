import { type INestApplication } from '@nestjs/common';
import { eventSubject, newId, type PosthornEvent } from '@posthorn/contracts';
import { JetStreamPublisher } from '@posthorn/messaging';
import { Database } from '@posthorn/persistence';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { afterAll } from 'vitest';
import { type DeliveryState } from '../delivery.states.js';
import { connectIntegration } from './integration.module.js';
import { type IntegrationProvisioning, provisionIntegration } from './integration.provisioning.js';
import { type IntegrationConfig } from './integration.settings.js';

export interface IntegrationUnderTest extends Pick<IntegrationProvisioning, 'service' | 'schema' | 'migrations'> {
  /** The service's app as its main.ts makes it; its section is the test's. */
  create(surroundings: Surroundings): Promise<INestApplication>;
}

/** All of a service's configuration but its section. */
export interface Surroundings extends Omit<IntegrationConfig, 'section'> {
  readonly service: string;
  readonly logLevel: string;
  readonly http: { readonly host: string; readonly port: number };
}

export interface DeliveryOnRecord {
  readonly event_id: string;
  readonly action: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly external_id: string | null;
}

/** For `connections:` of a test that makes its provider fail and then recover. */
export const IMPATIENT = { retry: { firstDelayMs: 20, maxDelayMs: 100 }, guard: { openMs: 50, maxOpenMs: 200 } };

/** A whole service, provisioned and running on a Postgres and a NATS of this file's own; it stops after the file's tests. */
export async function startIntegration({ service, schema, migrations, create }: IntegrationUnderTest): Promise<RunningIntegration> {
  const [database, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIntegration({ service, schema, migrations, adminDatabase: { url: database.adminUrl }, nats: { servers: nats.servers } });
  const http = { host: '127.0.0.1', port: 0 };
  const app = await create({ service, http, database: { url: database.urlFor(schema) }, nats: { servers: nats.servers }, logLevel: 'silent' });
  afterAll(() => app.close());
  connectIntegration(app, service);
  await app.init();
  await app.startAllMicroservices();
  await waitFor(() => app.get(JetStreamPublisher).connected, { describe: 'NATS' });
  return new RunningIntegration(app);
}

export class RunningIntegration {
  private readonly database: Database;

  constructor(readonly app: INestApplication) {
    this.database = app.get(Database);
  }

  /** Under a message id of its own each time, so that NATS takes it for a new message: only the inbox can tell. */
  async publish(...events: PosthornEvent[]): Promise<void> {
    const messages = events.map((event) => ({ subject: eventSubject(event.site, event.type), id: newId(), body: JSON.stringify(event) }));
    const results = await this.app.get(JetStreamPublisher).publish(messages);
    if (!results.every(({ ok }) => ok)) throw new Error('NATS did not take every event.');
  }

  /** Ordered by event and action. */
  deliveriesOf(...events: PosthornEvent[]): Promise<DeliveryOnRecord[]> {
    return this.database.query<DeliveryOnRecord>(
      'SELECT event_id, action, state, attempts, outcome, external_id FROM deliveries WHERE event_id = ANY($1) ORDER BY event_id, action',
      [events.map(({ id }) => id)],
    );
  }

  /** What the service says became of them. */
  outcomesOf(...events: PosthornEvent[]): Promise<{ type: string; envelope: unknown }[]> {
    return this.database.query(`SELECT type, envelope FROM ledger WHERE envelope::jsonb #>> '{data,event,id}' = ANY($1) ORDER BY id`, [events.map(({ id }) => id)]);
  }

  /** Waits until the events have as many deliveries as are named, one each unless told otherwise, and all are in the state. */
  async settled(state: DeliveryState, events: readonly PosthornEvent[], count = events.length): Promise<DeliveryOnRecord[]> {
    let rows: DeliveryOnRecord[] = [];
    await waitFor(
      async () => {
        rows = await this.deliveriesOf(...events);
        return rows.length === count && rows.every((row) => row.state === state);
      },
      { describe: () => `${count} deliveries ${state}; they are ${JSON.stringify(rows.map((row) => row.state))}`, timeoutMs: 20_000 },
    );
    return rows;
  }
}
