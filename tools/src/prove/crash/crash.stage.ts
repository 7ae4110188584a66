import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createEvent, eventSubject, type PosthornEvent } from '@posthorn/contracts';
import { freePort, type NatsServer, type PostgresServer, startNats, startPostgres, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { stringify } from 'yaml';
import { ProviderWitness } from '../../drill/checker/provider.witness.js';
import { ServiceProcess } from '../../start/service.process.js';
import { bare, Victim, type VictimName } from './crash.victim.js';

const DATABASE = 'posthorn';
const SCHEMAS = { 'crm-sync': 'crm', calendar: 'calendar' } as const satisfies Record<VictimName, string>;
const TOKEN = 'crash-token';
const ACCOUNT = { username: 'acme', password: 'crash-password' };
/** Short enough that what died is taken up again within seconds. */
const PATIENCE = { retry: { firstDelayMs: 100, maxDelayMs: 1_000 }, guard: { deadlineMs: 2_000, openMs: 200, maxOpenMs: 1_000, volumeThreshold: 1_000 } };

export interface Effects {
  /** Of each event: how often its effect is there. */
  counts: number[];
  /** Calls beyond the first of each delivery: work that was taken up again. */
  repeated: number;
  unfinished: number;
}

/** Postgres, NATS and simulated providers, and two services to kill. */
export class CrashStage {
  private number = 0;
  private readonly sent: Record<VictimName, { event: PosthornEvent; key: string }[]> = { 'crm-sync': [], calendar: [] };
  readonly victims = new Map<VictimName, Victim>();
  private postgres: PostgresServer | undefined;
  private nats: NatsServer | undefined;
  private sandbox: ServiceProcess | undefined;
  private sandboxUrl = '';
  private database: Client | undefined;
  private connection: NatsConnection | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'posthorn-crash-'));

  async start(names: readonly VictimName[]): Promise<void> {
    const [postgres, nats] = await Promise.all([startPostgres({ maxConnections: 100 }), startNats()]);
    Object.assign(this, { postgres, nats });
    const adminUrl = postgres.urlOf(DATABASE);
    const [sandboxPort, smtpPort] = [await freePort(), await freePort()];
    this.sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
    const servers = (name: VictimName) => ({ adminUrl, databaseUrl: postgres.urlOf(DATABASE, SCHEMAS[name]), natsPort: nats.port, sandboxPort, configFile: join(this.folder, 'crash.yaml'), folder: this.folder });
    const wires = new Map(await Promise.all(names.map(async (name) => [name, await Victim.wires(servers(name))] as const)));
    const provider = (name: VictimName): string => `http://127.0.0.1:${wires.get(name)?.provider.port ?? sandboxPort}`;
    writeFileSync(join(this.folder, 'crash.yaml'), stringify(configurationOf({ provider, smtpPort })), { mode: 0o600 });
    this.sandbox = new ServiceProcess('sandbox', { ...bare(), POSTHORN_CONFIG: join(this.folder, 'crash.yaml'), HOST: '127.0.0.1', PORT: String(sandboxPort), LOG_LEVEL: 'warn' }, join(this.folder, 'sandbox.log'));
    await this.sandbox.start();
    await waitFor(() => fetch(`${this.sandboxUrl}/sandbox/records/hubspot`).then(({ ok }) => ok, () => false), { timeoutMs: 60_000, describe: 'the simulated providers' });
    // One after the other: both make the streams, and the database the first of them.
    for (const [name, own] of wires) this.victims.set(name, await Victim.start(name, own, servers(name), await freePort()));
    this.database = new Client({ connectionString: adminUrl });
    await this.database.connect();
    this.connection = await connect({ servers: nats.url, maxReconnectAttempts: -1 });
  }

  /** An event of a person and an appointment of its own. */
  async send(name: VictimName): Promise<void> {
    if (this.connection === undefined) throw new Error('The stage has not been started.');
    const key = `crash-${(this.number += 1)}@drill.example`;
    const event = name === 'crm-sync' ? leadOf(key) : bookingOf(key);
    this.sent[name].push({ event, key });
    await jetstream(this.connection).publish(eventSubject(event.site, event.type), JSON.stringify(event), { msgID: event.id });
  }

  /** Waits until everything that was sent is delivered, and counts what is there at the provider. */
  async reckon(name: VictimName, patienceMs: number): Promise<Effects> {
    const sent = this.sent[name];
    const open = async (): Promise<{ delivered: number; attempts: number }> => {
      const sql = `SELECT count(*) FILTER (WHERE state = 'delivered')::int AS delivered, coalesce(sum(attempts), 0)::int AS attempts FROM ${SCHEMAS[name]}.all_deliveries`;
      const answer = await this.database?.query<{ delivered: number; attempts: number }>(sql);
      return answer?.rows[0] ?? { delivered: 0, attempts: 0 };
    };
    await waitFor(async () => (await open()).delivered === sent.length, { timeoutMs: patienceMs, everyMs: 500 }).catch(() => undefined);
    const { delivered, attempts } = await open();
    const { contacts, notes, calendar } = await new ProviderWitness(this.sandboxUrl).collect();
    const count = ({ event, key }: (typeof sent)[number]): number =>
      name === 'calendar' ? (calendar.get(key) ?? []).length : Math.max(notes.get(event.id) ?? 0, contacts.get(key)?.count ?? 0) * ((notes.get(event.id) ?? 0) > 0 && contacts.has(key) ? 1 : 0);
    return { counts: sent.map(count), repeated: attempts - delivered, unfinished: sent.length - delivered };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.victims.values()].map((victim) => victim.stop()));
    await this.connection?.close();
    await this.database?.end();
    await Promise.all([this.sandbox?.stop(), this.nats?.stop()]);
    await this.postgres?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function leadOf(email: string): PosthornEvent {
  return createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email, name: 'Jane Roe' }, message: 'Hello' } });
}

function bookingOf(email: string): PosthornEvent {
  const when = { start: '2026-12-01T10:00:00+01:00', end: '2026-12-01T10:30:00+01:00', timeZone: 'Europe/Berlin' };
  return createEvent({ site: 'acme', type: 'appointment.booked', data: { appointmentId: email.replace(/@.*/, ''), ...when, title: 'Consultation', person: { email } } });
}

function configurationOf({ provider, smtpPort }: { provider: (name: VictimName) => string; smtpPort: number }): object {
  return {
    'crm-sync': { connections: [{ id: 'acme-hubspot', site: 'acme', provider: 'hubspot', baseUrl: `${provider('crm-sync')}/hubspot`, accessToken: TOKEN, ...PATIENCE }] },
    calendar: { connections: [{ id: 'acme-calendar', site: 'acme', provider: 'caldav', url: `${provider('calendar')}/caldav/calendars/acme/appointments/`, ...ACCOUNT, ...PATIENCE }] },
    sandbox: { ingressUrl: 'http://127.0.0.1:9', siteKey: 'nobody-asks', hubspotToken: TOKEN, caldav: ACCOUNT, smtp: { port: smtpPort } },
  };
}
