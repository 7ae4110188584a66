import { randomBytes } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { bookIdsSubject, BOOKS, DELIVERIES_OF_EVENT, type Envelope, EVENTS_STREAM, eventSubject, keysSubject, MAPPING_PREVIEW, OUTCOMES_STREAM, outcomeSubject } from '@posthorn/contracts';
import { createHttpApp, keySha256, shutDown } from '@posthorn/http';
import { Inquiry, JetStreamPublisher, MessagingModule, natsAuthorization, NatsConnectionProvider, natsPermissions } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { Database } from '@posthorn/persistence';
import { createFaultProxy, type FaultProxy, type TestDatabase, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { AppModule, type AuditPace } from '../app.module.js';
import { AUDIT_API } from '../audit.api.js';
import type { AuditConfig, AuditSection } from '../config.js';
import { provisionAudit } from '../provisioning.js';
import { connectRecording } from '../recording/recording.connection.js';

export const AUDITOR = 'auditor-key-that-sees-everything';
export const ORIGIN = 'acme.example/audit';
export const CLERK = 'auditor-key-without-personal-data';
/** Sees two sites: "guest" and "guest-shop". */
export const GUEST = 'auditor-key-of-two-sites';

export interface Answer<B> {
  status: number;
  headers: Headers;
  body: B;
}

/** The audit service with the least rights it needs, on servers of its own, and the world around it. */
export interface AuditFixture {
  app: NestFastifyApplication;
  config: AuditConfig;
  /** The schema's owner and more: what the service itself must not be. */
  superuser: Database;
  /** The role the service runs as. */
  role: Database;
  postgres: FaultProxy;
  inquiry: Inquiry;
  /** Every method and path it answers to, such as `GET /v1/entries`. */
  routes: ReadonlySet<string>;
  /** Where an administrator of NATS and of Postgres finds them. */
  servers: { nats: string[]; database: TestDatabase };
  get<B>(path: string, key?: string): Promise<Answer<B>>;
  post<B>(path: string, body: unknown, key: string): Promise<Answer<B>>;
  /** `again` publishes the same events once more, past the stream's own de-duplication. */
  publish(envelopes: readonly Envelope<unknown>[], again?: string): Promise<void>;
  count(): Promise<number>;
  /** One more replica of the service; whoever starts it closes it. */
  replica(settings?: Partial<AuditSection>): Promise<NestFastifyApplication>;
  recorded(count: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startAudit(pace: AuditPace = {}, settings: Partial<AuditSection> = {}): Promise<AuditFixture> {
  const database = await useDatabase();
  const nats = await useNats({
    conf: natsAuthorization([
      { user: 'admin', password: 'a' },
      { user: 'audit', password: 'b', permissions: auditPermissions() },
    ]),
  });
  await provisionAudit({ adminDatabase: { url: database.adminUrl }, nats: { servers: nats.servers, user: 'admin', password: 'a' } });
  const postgres = await createFaultProxy({ target: { port: database.port } });
  const roleUrl = database.urlFor('audit');
  const config: AuditConfig = {
    service: 'audit',
    http: { host: '127.0.0.1', port: 0 },
    database: { url: roleUrl.replace(`:${database.port}/`, `:${postgres.port}/`) },
    nats: { servers: nats.servers, user: 'audit', password: 'b' },
    logLevel: 'silent',
    section: {
      keys: [
        { id: 'auditor', sha256: keySha256(AUDITOR), personalData: true, export: true },
        { id: 'clerk', sha256: keySha256(CLERK), personalData: false, export: true },
        { id: 'guest', sha256: keySha256(GUEST), sites: ['guest', 'guest-shop'], personalData: true, export: false },
      ],
      encryption: { keys: [{ id: 'first', key: randomBytes(32) }], lookupKey: randomBytes(32) },
      openIdConnect: [],
      origin: ORIGIN,
      signingKeys: [randomBytes(32)],
      // Tests call for rounds; many of them rewrite the log in ways that a signer must not find.
      checkpoints: { everyMs: 3_600_000, witnesses: [] },
      books: { everyMs: 10_000, windowMs: 300_000 },
      erasure: { backupDays: 30 },
      streams: [],
      ...settings,
    },
  };
  const routes = new Set<string>();
  const app = await startApp(config, pace, routes);
  const world = await startWorld(nats.servers);
  const superuser = new Database({ url: database.adminUrl, schema: 'audit', service: 'test' });
  const role = new Database({ url: roleUrl, schema: 'audit', service: 'test' });
  await Promise.all([superuser.ready(), role.ready(), app.get(Database).ready()]);
  const publisher = world.get(JetStreamPublisher);
  const count = async (): Promise<number> => Number((await superuser.query<{ n: string }>("SELECT count(*) AS n FROM entries WHERE kind <> 'access'"))[0]?.n);
  const base = await app.getUrl();
  return {
    app,
    config,
    superuser,
    role,
    postgres,
    routes,
    inquiry: world.get(Inquiry),
    servers: { nats: nats.servers, database },
    count,
    async replica(changed = {}) {
      const replica = await startApp({ ...config, section: { ...config.section, ...changed } }, pace);
      await Promise.all([replica.get(Database).ready(), replica.get(NatsConnectionProvider).whenConnected()]);
      return replica;
    },
    async get<B>(path: string, key?: string) {
      const response = await fetch(base + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
      return { status: response.status, headers: response.headers, body: (await response.json()) as B };
    },
    async post<B>(path: string, body: unknown, key: string) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const response = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: response.status, headers: response.headers, body: (await response.json()) as B };
    },
    async publish(envelopes, again = '') {
      const results = await publisher.publish(
        envelopes.map((envelope) => ({ subject: subjectOf(envelope), id: envelope.id + again, body: JSON.stringify(envelope) })),
      );
      const failed = results.find(({ ok }) => !ok);
      if (failed !== undefined) throw new Error('not published', { cause: failed });
    },
    async recorded(expected) {
      await waitFor(async () => (await count()) >= expected, { describe: `${expected} entries in the log` });
    },
    async stop() {
      await shutDown(app);
      await world.close();
      await Promise.all([superuser.close(), role.close(), postgres.close()]);
    },
  };
}

function auditPermissions() {
  return natsPermissions({
    name: 'audit',
    publishes: ['outcomes.audit.>'],
    consumes: [EVENTS_STREAM, OUTCOMES_STREAM].map((stream) => ({ stream, durable: 'audit' })),
    owns: [OUTCOMES_STREAM],
    asks: ['posthorn.ledger.>', BOOKS.kept, BOOKS.accepted, bookIdsSubject('ingress').replace('ingress', '*'), keysSubject('auditor')],
    answers: [DELIVERIES_OF_EVENT, MAPPING_PREVIEW, 'posthorn.ledger.publishers', 'posthorn.ledger.*.audit'],
  });
}

async function startApp(config: AuditConfig, pace: AuditPace, routes = new Set<string>()): Promise<NestFastifyApplication> {
  const app = await createHttpApp(AppModule.forRoot(config, pace), { api: AUDIT_API });
  app.getHttpAdapter().getInstance().addHook('onRoute', ({ method, url }) => [method].flat().forEach((verb) => verb === 'HEAD' || routes.add(`${verb} ${url}`)));
  connectRecording(app);
  await app.listen(0, '127.0.0.1');
  await app.startAllMicroservices();
  return app;
}

async function startWorld(servers: string[]): Promise<TestingModule> {
  const world = await Test.createTestingModule({
    imports: [
      ObservabilityModule.forRoot({ service: 'world', logLevel: 'silent' }),
      MessagingModule.forRoot({ servers, user: 'admin', password: 'a', service: 'world' }),
    ],
  }).compile();
  await world.init();
  await world.get(NatsConnectionProvider).whenConnected();
  return world;
}

function subjectOf({ source, site, type }: Envelope<unknown>): string {
  const service = /^\/services\/(.+)$/.exec(source)?.[1];
  return service === undefined ? eventSubject(site, type) : outcomeSubject(service, type);
}
