import { type INestApplication } from '@nestjs/common';
import { createEvent, erasureOutcome, type ErasureCause, eventSubject, newId, type Outcome, type PosthornEvent } from '@posthorn/contracts';
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
  return new RunningIntegration(app, service, schema);
}

export class RunningIntegration {
  private readonly database: Database;

  constructor(
    readonly app: INestApplication,
    private readonly service: string,
    private readonly schema: string,
  ) {
    this.database = app.get(Database);
  }

  /** Has these events of one site forgotten, and waits for the service to say so. Returns what it says of it. */
  async forget(events: readonly PosthornEvent[], cause: ErasureCause = 'site'): Promise<Record<string, unknown>> {
    const byType = Object.groupBy(events, ({ type }) => type);
    const named = Object.fromEntries(Object.entries(byType).map(([type, some]) => [type, some.map(({ id }) => id)]));
    const request = createEvent({ site: events[0]!.site, type: 'privacy.erasure_requested', data: { cause, events: named } });
    await this.publish(request);
    let told: string | undefined;
    await waitFor(
      async () => {
        told = (await this.outcomesOf(request)).find(({ type }) => type === erasureOutcome(this.service))?.envelope;
        return told !== undefined;
      },
      { describe: `${this.service} to have erased`, timeoutMs: 20_000 },
    );
    return (JSON.parse(told!) as Outcome).data.facts ?? {};
  }

  /** Every row of every table of the service, as text: what is not in it, the service does not have. */
  async everything(): Promise<string> {
    const tables = await this.database.query<{ name: string }>(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1 AND table_type = 'BASE TABLE'`, [this.schema]);
    const rows = await Promise.all(tables.map(({ name }) => this.database.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" AS t`)));
    return rows.flat().map(({ row }) => row).join('\n');
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
  outcomesOf(...events: PosthornEvent[]): Promise<{ type: string; envelope: string }[]> {
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
