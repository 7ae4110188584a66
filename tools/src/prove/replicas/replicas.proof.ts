import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@posthorn/testing';
import { Client } from 'pg';
import { Program } from '../../bench/program.js';
import { now } from '../../bench/programs/parent.js';
import { ENGINE_SCHEMA, openWork, provisionEngine, seedPending } from '../../engine/engine.schema.js';
import type { Finding, Proof, Proving } from '../proof.js';
import { type Call, readCalls, type Run } from './call.record.js';
import { judge, type PlannedDelivery, type Verdict } from './call.verdict.js';

const CONNECTIONS = ['north', 'east', 'south', 'west'];
const SEEDED_AT_ONCE = 100_000;
const PER_KEY = 3;
const PLANNED = ['deliveries', 'deliveries_archive'].map((table) => `SELECT id, ordering_key AS key, event_id AS "eventId" FROM ${ENGINE_SCHEMA}.${table}`).join(' UNION ALL ');
const LOOK_MS = 500;
/** Nothing has moved for so long: it never will. Longer than the lease of a call that was killed. */
const STUCK_MS = 90_000;

interface Replica {
  program: Program;
  run: Run;
}

/** Several real processes of the engine on one Postgres, any of which is killed now and then. */
export const replicasProof: Proof = {
  about: 'replicas of a service share a million deliveries and are killed; each is called once, but for what was under way in a killed one',
  options: {
    deliveries: { about: 'how many', default: 1_000_000, least: 1_000, most: 10_000_000 },
    replicas: { about: 'processes at a time', default: 3, least: 1, most: 16 },
    kills: { about: 'kill -9 of one of them, spread over the work', default: 20, least: 0, most: 1_000 },
  },
  run: async (proving) => {
    const dir = mkdtempSync(join(tmpdir(), 'posthorn-prove-'));
    const postgres = await startPostgres();
    const client = new Client({ connectionString: postgres.adminUrl });
    const replicas: Replica[] = [];
    try {
      const url = await provisionEngine(postgres.adminUrl);
      await client.connect();
      return await prove(proving, { dir, url, client, replicas });
    } finally {
      await Promise.all(replicas.map(({ program }) => program.stop()));
      await client.end();
      await postgres.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

interface Site {
  dir: string;
  url: string;
  client: Client;
  replicas: Replica[];
}

async function prove({ values, signal, progress }: Proving, { dir, url, client, replicas }: Site): Promise<Finding> {
  const { deliveries = 0, kills = 0 } = values;
  for (let left = deliveries; left > 0; left -= SEEDED_AT_ONCE) {
    signal.throwIfAborted();
    await seedPending(client, { count: Math.min(left, SEEDED_AT_ONCE), connections: CONNECTIONS, perKey: PER_KEY });
  }
  progress(`${deliveries.toLocaleString('en')} deliveries wait`);
  const runs: Run[] = [];
  const start = (replica: number): Replica => {
    const run: Run = { replica, file: join(dir, `calls-${runs.length}`) };
    runs.push(run);
    const env = { ENGINE_URL: url, CONNECTIONS: CONNECTIONS.join(','), CALLS_AT_ONCE: '16', CALL_MS: '1', CALLS_FILE: run.file };
    return { program: Program.start('engine', env), run };
  };
  for (let replica = 0; replica < (values['replicas'] ?? 1); replica += 1) replicas.push(start(replica));
  await Promise.all(replicas.map(({ program }) => program.ask('ready')));
  const began = now();
  let killed = 0;
  let movedAt = began;
  for (let open = deliveries, before = deliveries; open > 0; before = open) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    open = await openWork(client);
    if (open < before) movedAt = now();
    if (now() - movedAt > STUCK_MS) break;
    if (killed >= kills || open > deliveries * (1 - (killed + 1) / (kills + 1))) continue;
    const victim = killed % replicas.length;
    const { program, run } = replicas[victim] ?? start(victim);
    await program.stop();
    run.killedAt = now();
    killed += 1;
    replicas[victim] = start(victim);
    progress(`kill -9 ${killed} of ${kills}; ${open.toLocaleString('en')} to go`);
  }
  const seconds = (now() - began) / 1_000;
  const planned = (await client.query<PlannedDelivery>(PLANNED)).rows;
  const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${ENGINE_SCHEMA}.all_deliveries WHERE state = 'delivered'`);
  const calls = await readCalls(runs);
  return finding({ deliveries, delivered: rows[0]?.n ?? 0, planned: planned.length, killed, seconds }, judge(planned, calls), sharesOf(calls));
}

function sharesOf(calls: ReadonlyMap<string, readonly Call[]>): number[] {
  const shares: number[] = [];
  for (const each of calls.values()) for (const { run } of each) shares[run.replica] = (shares[run.replica] ?? 0) + 1;
  return shares;
}

interface Totals {
  deliveries: number;
  delivered: number;
  planned: number;
  killed: number;
  seconds: number;
}

function finding({ deliveries, delivered, planned, killed, seconds }: Totals, verdict: Verdict, shares: readonly number[]): Finding {
  const { once, afterKill, never, doubleClaims, overlapping, unexplained, outOfOrder } = verdict;
  const wrong: [number, string][] = [
    [deliveries - planned, 'deliveries are not in the tables any more, or there are too many'],
    [deliveries - delivered, 'deliveries are not delivered'],
    [never, 'deliveries were never called'],
    [doubleClaims, 'claims were given to two'],
    [overlapping, 'deliveries were called twice at a time'],
    [unexplained, 'deliveries were called again although nobody was killed'],
    [outOfOrder, 'deliveries overtook an earlier one of their ordering key'],
  ];
  const complaints = wrong.filter(([count]) => count !== 0).map(([count, what]) => `${count} ${what}.`);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const idle = shares.filter((share) => share === 0).length;
  if (idle > 0) complaints.push(`${idle} replicas did nothing.`);
  const count = (value: number): string => value.toLocaleString('en');
  return {
    holds: complaints.length === 0,
    complaints,
    figures: { delivered, once, afterKill, never, doubleClaims, overlapping, unexplained, outOfOrder, kills: killed, seconds: Math.round(seconds), perSecond: Math.round(deliveries / seconds), shares },
    table: [
      ['deliveries', count(deliveries), ''],
      ['called once', count(once), ''],
      ['called again after a kill -9', count(afterKill), `${killed} kills`],
      ['claims given to two', count(doubleClaims), ''],
      ['two calls at a time', count(overlapping), ''],
      ['called again for no reason', count(unexplained), ''],
      ['out of order', count(outOfOrder), `${PER_KEY} of each ordering key`],
      ['time', `${seconds.toFixed(0)} s`, `${count(Math.round(deliveries / seconds))}/s`],
      ...shares.map((share, replica) => [`replica ${replica + 1}`, count(share), `${((100 * share) / total).toFixed(0)} % of the calls`]),
    ],
  };
}
