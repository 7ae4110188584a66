import { Agent, request } from 'node:http';
import { Client } from 'pg';
import type { Measuring } from './benchmark.js';
import { type Figure, percentile, type Result } from './figure.js';
import { growLog } from './log.seed.js';
import { until } from './rounds.js';
import { leadEvents } from './samples.js';

const SIZES = [10_000, 1_000_000, 10_000_000];
/** Recorded by the service itself, people and all: what the newest pages show. */
const RECORDED = 30_000;
const ASKED = 200;
const AIM_MS = 50;
const PATIENCE_MS = 300_000;
const PAGE = 100;
const INSERTED_AT_ONCE = 250;

/** A question of an auditor's, and the one SQL statement that a program without promises would answer it with. */
interface Question {
  name: string;
  path: (at: number) => string;
  sql: string;
  params: (at: number) => unknown[];
}

interface Known {
  ids: readonly string[];
  correlations: readonly string[];
  people: readonly string[];
}

const NEWEST = `ORDER BY id DESC LIMIT ${PAGE}`;
const siteAt = (at: number): string => (at % 2 === 0 ? 'acme' : `site-${2 * (at % 25) + 1}`);

/** Every filter by itself, and those that auditors put together. */
function questionsAbout({ ids, correlations, people }: Known): Question[] {
  const pick = (from: readonly string[], at: number): string => from[at % from.length] ?? '';
  const filter = (name: string, column: string, value: (at: number) => string): Question => ({ name, path: (at) => `/v1/entries?${name}=${encodeURIComponent(value(at))}`, sql: `SELECT leaf FROM audit.entries WHERE ${column} = $1 ${NEWEST}`, params: (at) => [value(at)] });
  const [from, to] = ['2020-01-01T00:00:02Z', '2020-01-01T00:00:08Z'];
  return [
    { name: 'nothing', path: () => '/v1/entries', sql: `SELECT leaf FROM audit.entries ${NEWEST}`, params: () => [] },
    filter('site', 'site', siteAt),
    filter('type', 'type', (at) => ['lead.submitted', 'order.paid', 'email.message.sent'][at % 3] ?? ''),
    filter('service', 'service', (at) => (at % 2 === 0 ? 'email' : 'crm-sync')),
    filter('connection', 'connection', (at) => `${siteAt(at)}-crm-sync`),
    filter('outcome', 'outcome', (at) => (at % 2 === 0 ? 'dead' : 'delivered')),
    filter('actor', 'actor', (at) => `operator-${at % 20}`),
    filter('event', 'event_id', (at) => pick(ids, at)),
    filter('correlation', 'correlation', (at) => pick(correlations, at)),
    filter('person', 'person', (at) => pick(people, at)),
    { name: 'site, outcome', path: (at) => `/v1/entries?site=${siteAt(at)}&outcome=dead`, sql: `SELECT leaf FROM audit.entries WHERE site = $1 AND outcome = 'dead' ${NEWEST}`, params: (at) => [siteAt(at)] },
    { name: 'site, type, time', path: (at) => `/v1/entries?site=${siteAt(at)}&type=email.message.sent&from=${from}&to=${to}`, sql: `SELECT leaf FROM audit.entries WHERE site = $1 AND type = 'email.message.sent' AND id >= $2 AND id < $3 ${NEWEST}`, params: (at) => [siteAt(at), leastId(from), leastId(to)] },
    { name: 'trace', path: (at) => `/v1/trace/${pick(ids, at)}`, sql: `SELECT leaf FROM audit.entries WHERE event_id = $1 ORDER BY id`, params: (at) => [pick(ids, at)] },
    { name: 'proof', path: (at) => `/v1/entries/${pick(ids, at)}/proof`, sql: 'SELECT leaf FROM audit.entries WHERE id = $1', params: (at) => [pick(ids, at)] },
  ];
}

/** Whether a question costs the same however long the log is. */
export async function measureLog(measuring: Measuring): Promise<Result> {
  const { rig, progress } = measuring;
  const client = new Client({ connectionString: rig.databaseUrl });
  await client.connect();
  try {
    const figures: Figure[] = [];
    await rig.run([]);
    for (const size of SIZES) {
      await rig.end(['audit']);
      await growLog(client, size, progress);
      await rig.settle();
      figures.push(...(await measureSize(measuring, client, name(size))));
    }
    return {
      name: 'log',
      title: `An audit log of ${SIZES.map(name).join(', ')} entries: first pages of ${PAGE}, ${ASKED} of each kind of question, one after the other`,
      ours: 'GET over HTTP with a key: the page read, people unsealed, the question itself recorded as an entry before the answer',
      bare: 'the same rows by one statement on a connection that is open; nothing unsealed, nothing recorded',
      figures,
    };
  } finally {
    await client.end();
  }
}

async function measureSize(measuring: Measuring, client: Client, size: string): Promise<Figure[]> {
  const { rig, seconds, progress } = measuring;
  const appended = await append(measuring, client, size);
  await until(async () => (await signed(rig.audit)) >= appended.size, 'the log is not signed to its end', PATIENCE_MS);
  const delays = await ask(measuring, client);
  const all = (side: 'ours' | 'bare', except: (name: string) => boolean = () => false): number[] => [...delays].filter(([question]) => !except(question)).flatMap(([, both]) => both[side]);
  const isNoPage = (question: string): boolean => question === 'proof' || question === 'trace';
  const figure = (what: string, values: { ours: readonly number[]; bare: readonly number[] }, share: number, aim?: number): Figure => ({ what: `${what}, at ${size}`, unit: 'ms', better: 'lower', ours: percentile(values.ours, share), bare: percentile(values.bare, share), aim: aim === undefined ? undefined : { of: 'ours', value: aim } });
  const pages = { ours: all('ours', isNoPage), bare: all('bare', isNoPage) };
  const slowest = [...delays].filter(([question]) => !isNoPage(question)).sort(([, a], [, b]) => percentile(b.ours, 0.99) - percentile(a.ours, 0.99))[0];
  const bytes = await bytesPerEntry(client);
  const exported = await exportRate(measuring, client, seconds);
  progress(`${size}: done`);
  return [
    appended.figure,
    figure('first page, p50', pages, 0.5),
    figure('first page, p99', pages, 0.99, AIM_MS),
    ...(slowest === undefined ? [] : [figure(`the slowest, by ${slowest[0]}, p99`, slowest[1], 0.99, AIM_MS)]),
    ...[...delays].filter(([question]) => isNoPage(question)).map(([question, both]) => figure(`${question}, p99`, both, 0.99, AIM_MS)),
    { what: `export, at ${size}`, unit: 'MB/s', better: 'higher', ...exported },
    { what: `bytes on disk for an entry, at ${size}`, unit: 'B', better: 'lower', ...bytes },
  ];
}

/** How fast the log takes what waits for it when it is that long. The service is started for it: what it does at its start is not counted. */
async function append({ rig }: Measuring, client: Client, mark: string): Promise<{ figure: Figure; size: number }> {
  const size = async (): Promise<number> => Number((await client.query<{ size: string }>('SELECT max(position) AS size FROM audit.entries')).rows[0]?.size);
  const before = await size();
  const bodies = leadEvents(RECORDED, `log-${mark.replaceAll(' ', '')}`);
  await rig.publish('events.acme.lead.submitted', bodies);
  await rig.begin(['audit']);
  let first = 0;
  await until(async () => (first = (await size()) - before) > 0, 'no event is in the log', PATIENCE_MS);
  const began = performance.now();
  await until(async () => (await size()) >= before + RECORDED, 'not every event is in the log', PATIENCE_MS);
  const ours = ((RECORDED - first) * 1_000) / (performance.now() - began);
  await client.query('DROP TABLE IF EXISTS public.bare_log; CREATE TABLE public.bare_log (position bigint PRIMARY KEY, leaf text NOT NULL)');
  const { rows } = await client.query<{ position: string; leaf: string }>('SELECT position, leaf FROM audit.entries WHERE position > $1 ORDER BY position LIMIT $2', [before, RECORDED]);
  const bareBegan = performance.now();
  for (let at = 0; at < rows.length; at += INSERTED_AT_ONCE) {
    const some = rows.slice(at, at + INSERTED_AT_ONCE);
    await client.query('INSERT INTO public.bare_log SELECT * FROM unnest($1::bigint[], $2::text[])', [some.map(({ position }) => position), some.map(({ leaf }) => leaf)]);
  }
  const bare = (rows.length * 1_000) / (performance.now() - bareBegan);
  return { figure: { what: `entries appended, at ${mark}`, unit: '/s', better: 'higher', ours, bare }, size: before + RECORDED };
}

async function ask({ rig, progress }: Measuring, client: Client): Promise<Map<string, { ours: number[]; bare: number[] }>> {
  const { rows } = await client.query<{ id: string; correlation: string; person: string }>(`SELECT id, correlation, person FROM (SELECT id, correlation, person FROM audit.entries WHERE person IS NOT NULL ORDER BY id DESC LIMIT 1000) AS newest ORDER BY random()`);
  const old = await client.query<{ id: string }>("SELECT id FROM audit.entries WHERE kind = 'event' AND position = ANY (ARRAY(SELECT (random() * (SELECT max(position) FROM audit.entries))::bigint FROM generate_series(1, 1500)))");
  const known = { ids: old.rows.flatMap(({ id }, at) => [id, rows[at % rows.length]?.id ?? id]), correlations: rows.map(({ correlation }) => correlation), people: rows.map(({ person }) => person) };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const delays = new Map<string, { ours: number[]; bare: number[] }>();
  try {
    for (const question of questionsAbout(known)) {
      const both = { ours: [] as number[], bare: [] as number[] };
      for (let at = 0; at < ASKED; at += 1) {
        both.ours.push(await timed(() => get(rig.audit, question.path(at), agent)));
        both.bare.push(await timed(() => client.query(question.sql, question.params(at))));
      }
      progress(`by ${question.name}: p50 ${percentile(both.ours, 0.5).toFixed(1)} ms, p99 ${percentile(both.ours, 0.99).toFixed(1)} ms (bare ${percentile(both.bare, 0.5).toFixed(1)}, ${percentile(both.bare, 0.99).toFixed(1)})`);
      delays.set(question.name, both);
    }
    return delays;
  } finally {
    agent.destroy();
  }
}

async function bytesPerEntry(client: Client): Promise<{ ours: number; bare: number }> {
  const { rows } = await client.query<{ ours: number; bare: number }>(`
    SELECT (sum(pg_total_relation_size(oid)) / (SELECT max(position) FROM audit.entries))::float8 AS ours,
           (SELECT avg(length(leaf)) FROM (SELECT leaf FROM audit.entries ORDER BY position DESC LIMIT 10000) AS newest)::float8 AS bare
      FROM pg_class WHERE oid = ANY (ARRAY['audit.entries', 'audit.tiles', 'audit.entry_blobs', 'audit.people', 'audit.person_addresses', 'audit.entry_counts']::regclass[])`);
  return rows[0] ?? { ours: Number.NaN, bare: Number.NaN };
}

/** MB a second, for as long as is measured or until the end of the log. */
async function exportRate({ rig }: Measuring, client: Client, seconds: number): Promise<{ ours: number; bare: number }> {
  const began = performance.now();
  const bytes = await download(rig.audit, '/v1/export?format=ndjson', seconds * 1_000);
  const ours = bytes / 1_000 / (performance.now() - began);
  const bareBegan = performance.now();
  let read = 0;
  for (let after = 0, more = true; more && performance.now() - bareBegan < seconds * 1_000; ) {
    const { rows } = await client.query<{ position: string; leaf: string }>('SELECT position, leaf FROM audit.entries WHERE position > $1 ORDER BY position LIMIT 2000', [after]);
    read += rows.reduce((sum, { leaf }) => sum + leaf.length, 0);
    after = Number(rows.at(-1)?.position);
    more = rows.length === 2_000;
  }
  return { ours, bare: read / 1_000 / (performance.now() - bareBegan) };
}

interface Face {
  url: string;
  headers: Record<string, string>;
}

function get({ url, headers }: Face, path: string, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    request(`${url}${path}`, { headers, agent }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part)).on('error', reject).on('end', () => {
        const body = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${path} was answered ${response.statusCode}: ${body.slice(0, 300)}`));
      });
    }).on('error', reject).end();
  });
}

function download({ url, headers }: Face, path: string, forMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const asked = request(`${url}${path}`, { headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path} was answered ${response.statusCode}`));
      const over = setTimeout(() => asked.destroy(), forMs);
      response.on('data', (part: Buffer) => (bytes += part.length)).on('close', () => {
        clearTimeout(over);
        resolve(bytes);
      });
    }).on('error', (error) => (bytes > 0 ? resolve(bytes) : reject(error)));
    asked.end();
  });
}

async function signed(audit: Face): Promise<number> {
  return Number((await get(audit, '/checkpoint').catch(() => '')).split('\n')[1] ?? 0);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function leastId(time: string): string {
  const hex = Date.parse(time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const name = (size: number): string => (size >= 1_000_000 ? `${size / 1_000_000} M` : `${size / 1_000} k`);
