import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { DatabaseWitness, type Remaining } from '../../drill/checker/database.witness.js';
import { anyPorts } from '../../start/port.plan.js';
import { type Stack, startStack } from '../../start/stack.js';
import { EXAMPLE_CONFIG, WORKSPACE } from '../../workspace.js';
import type { MadeUpPerson, PersonEvent } from './erasure.people.js';
import { countIn, type Needle, tracesBelow } from './trace.search.js';

const AT_ONCE = 32;
const SCHEMAS = ['ingress', 'crm', 'email', 'calendar', 'audit'];

export const WRITE_AHEAD_LOG = 'Postgres: write-ahead log';
const isWal = (path: string): boolean => path.includes('pg_wal');

/** A certificate of audit's, as far as it is looked at here. */
export interface Certificate {
  id: string;
  state: string;
}

/** How often a mark was found, by the place. */
export type Places = Readonly<Record<string, number>>;

/** The whole system in a folder of its own, and the eyes of somebody who has stolen all of its disks. */
export class ErasureStage {
  private readonly home = mkdtempSync(join(tmpdir(), 'posthorn-erasure-'));
  private readonly exports = join(this.home, 'exports');
  private readonly begun = Date.now();
  private stack: Stack | undefined;
  private witness: DatabaseWitness | undefined;

  constructor(private readonly signal: AbortSignal) {}

  async start(): Promise<void> {
    mkdirSync(this.exports);
    this.stack = await startStack({ home: this.home, configFile: EXAMPLE_CONFIG, ports: await anyPorts(), signal: this.signal, env: { ...process.env, POSTGRES_URL: '', NATS_URL: '', LOG_LEVEL: 'info' } });
    this.witness = new DatabaseWitness(this.stack.database);
    // As docs/how-to/erase-a-person.md tells operators: or files of the write-ahead log are kept to be overwritten one day.
    await this.asOperator(['ALTER SYSTEM SET wal_recycle = off', 'SELECT pg_reload_conf()']);
  }

  async stop(): Promise<void> {
    await this.witness?.close();
    await this.stack?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Sends all of it, several at once; answers how many were accepted. */
  async send(events: readonly PersonEvent[], progress: (sent: number) => void): Promise<number> {
    let sent = 0;
    await this.inTurns(events, async (event) => {
      await this.post('ingress', '/v1/events', event);
      sent += 1;
      if (sent % 2_000 === 0) progress(sent);
    });
    return sent;
  }

  /** Has the CRM refuse everything from now on, which leaves dead letters; or no longer. */
  async refuseInCrm(refuse: boolean): Promise<void> {
    const url = `${this.url('sandbox')}/sandbox/faults/hubspot`;
    const answer = await fetch(url, refuse ? { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ kind: 'status', status: 400, only: { method: 'POST' } }) } : { method: 'DELETE' });
    if (!answer.ok) throw new Error(`The sandbox answered ${answer.status} to ${url}: ${await answer.text()}`);
  }

  /** Orders the erasures; answers their ids. */
  async erase(people: readonly MadeUpPerson[]): Promise<{ ids: string[]; events: number }> {
    const answers: { id: string; events: number }[] = [];
    await this.inTurns(people, async ({ email }) => void answers.push(await this.post('ingress', '/v1/privacy/erasures', { email })));
    return { ids: answers.map(({ id }) => id), events: answers.reduce((sum, { events }) => sum + events, 0) };
  }

  async certificates(ids: readonly string[]): Promise<Certificate[]> {
    const found: Certificate[] = [];
    await this.inTurns(ids, async (id) => {
      const answer = await fetch(`${this.url('audit')}/v1/erasures/${id}`, { headers: { authorization: `Bearer ${this.running.keys.auditor}` } });
      // An erasure of which audit has not heard yet is not wrong yet.
      if (answer.ok) found.push((await answer.json()) as Certificate);
    });
    return found;
  }

  async remaining(): Promise<Remaining | undefined> {
    return await this.witness?.remaining();
  }

  /** What of each kind there is in the books, over all services. */
  async books(): Promise<{ erased: number; missing: number; dead: number }> {
    const since = new Date(this.begun).toISOString().slice(0, 10);
    const answer = await fetch(`${this.url('audit')}/v1/books?from=${since}`, { headers: { authorization: `Bearer ${this.running.keys.auditor}` } });
    const { totals } = (await answer.json()) as { totals: { erased: number; missing: number; dead: number }[] };
    const sum = (name: 'erased' | 'missing' | 'dead'): number => totals.reduce((total, service) => total + service[name], 0);
    return { erased: sum('erased'), missing: sum('missing'), dead: sum('dead') };
  }

  /** Downloads the whole log, personal values and all, as the auditor may. */
  async exportLog(name: string): Promise<string> {
    const file = join(this.exports, name);
    const answer = await fetch(`${this.url('audit')}/v1/export?format=ndjson`, { headers: { authorization: `Bearer ${this.running.keys.auditor}` } });
    if (!answer.ok || answer.body === null) throw new Error(`The export was answered ${answer.status}: ${await answer.text()}`);
    await pipeline(Readable.fromWeb(answer.body as never), createWriteStream(file));
    return file;
  }

  /** `posthorn audit verify`, as the auditor runs it: its exit code and what it said. Remembers the checkpoint, and compares with the one before. */
  async verify(...options: readonly string[]): Promise<{ code: number; said: string }> {
    const child = spawn(process.execPath, [join(WORKSPACE, 'apps', 'cli', 'bin', 'posthorn.mjs'), 'audit', 'verify', '--remember', join(this.home, 'remembered'), ...options], { env: { ...process.env, POSTHORN_HOME: this.home }, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes.toString()));
    const code = await new Promise<number>((resolve, reject) => child.on('error', reject).on('close', (status) => resolve(status ?? -1)));
    return { code, said: said.join('') };
  }

  /** How many entries of the log have been signed. */
  async signed(): Promise<number> {
    const answer = await fetch(`${this.url('audit')}/checkpoint`, { headers: { authorization: `Bearer ${this.running.keys.auditor}` } });
    return answer.ok ? Number((await answer.text()).split('\n')[1]) : 0;
  }

  /** What an operator's upkeep does: the rows that are dead leave the files, and so does the log that wrote them. */
  async upkeep(): Promise<void> {
    const tables = await this.asOperator<{ name: string }>([`SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN (${SCHEMAS.map((schema) => `'${schema}'`).join(', ')})`]);
    await this.asOperator([...tables.map(({ name }) => `VACUUM (FULL) ${name}`), 'VACUUM (FULL) pg_catalog.pg_statistic', 'CHECKPOINT', 'SELECT pg_switch_wal()', 'CHECKPOINT', 'SELECT pg_switch_wal()', 'CHECKPOINT']);
  }

  /** Looks through every file of the system, and through what the providers say they hold. */
  async traces(needle: Needle): Promise<Places> {
    await this.asOperator(['CHECKPOINT']);
    const below = (folder: string, except?: (path: string) => boolean): Promise<number> => this.below(folder, needle, except);
    return {
      'Postgres: tables': await below('postgres', isWal),
      [WRITE_AHEAD_LOG]: await this.inWriteAheadLog(needle),
      'NATS: streams': await below('nats'),
      'logs of every process': await below('logs'),
      'exports of the audit log': await below('exports'),
      'signed checkpoints': await below('checkpoints'),
      'CRM and calendar, and their journals': await this.inProviders(needle),
    };
  }

  /** The same of the log alone, without a checkpoint, which would end it. */
  inWriteAheadLog(needle: Needle): Promise<number> {
    return this.below('postgres', needle, (path) => !isWal(path));
  }

  private async below(folder: string, needle: Needle, except?: (path: string) => boolean): Promise<number> {
    return (await tracesBelow(join(this.home, folder), needle, except)).reduce((sum, { times }) => sum + times, 0);
  }

  // Mails are in their readers' mailboxes, which nobody but they can empty: the certificate says how many.
  private async inProviders(needle: Needle): Promise<number> {
    const answers = await Promise.all(['hubspot', 'calendar'].map(async (name) => (await fetch(`${this.url('sandbox')}/sandbox/records/${name}`)).text()));
    const { hubspot, calendar } = JSON.parse(readFileSync(join(this.home, 'sandbox', 'sandbox.json'), 'utf8')) as Record<string, unknown>;
    return countIn(Buffer.from([...answers, JSON.stringify([hubspot, calendar])].join('\n')), needle);
  }

  private async asOperator<R extends object>(statements: readonly string[]): Promise<R[]> {
    const { url, password } = this.running.database;
    const { hostname, port, username, pathname } = new URL(url);
    const client = new Client({ host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) });
    await client.connect();
    try {
      let rows: R[] = [];
      for (const statement of statements) rows = (await client.query<R>(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  }

  private async post<A>(service: string, path: string, body: unknown): Promise<A> {
    const answer = await fetch(`${this.url(service)}${path}`, { method: 'POST', headers: { authorization: `Bearer ${this.running.keys.site}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (answer.status !== 202) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as A;
  }

  private async inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
    const waiting = [...all].reverse();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
        this.signal.throwIfAborted();
        await work(one);
      }
    }));
  }

  private url(service: string): string {
    return this.running.urls[service] ?? '';
  }

  private get running(): Stack {
    if (this.stack === undefined) throw new Error('The stage has not been started.');
    return this.stack;
  }
}
