import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext, NestApplicationOptions } from '@nestjs/common';
import { createEvent, EXAMPLES, type PosthornEvent } from '@posthorn/contracts';
import { ConnectionRegistry, Intake } from '@posthorn/delivery';
import { Database } from '@posthorn/persistence';
import { startPostgres } from '@posthorn/testing';
import { Client } from 'pg';
import { percentile } from '../../bench/figure.js';
import { until } from '../../bench/rounds.js';
import { engineModule } from '../../engine/engine.module.js';
import { ENGINE_SCHEMA, openWork, provisionEngine } from '../../engine/engine.schema.js';
import type { Finding, Proof, Proving } from '../proof.js';
import { OutageWatch } from './outage.watch.js';

const PER_SECOND = 40;
const TAKEN_AT_ONCE = 200;
const OPEN_MS = 2_000;
const MAX_OPEN_MS = 8_000;
const CONCURRENCY = 8;
const RECOVERY_MARGIN_MS = 5_000;
const PATIENCE_MS = 300_000;

const quiet: Partial<NestApplicationOptions> = { logger: false };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One connection is down and its work waits; another has a steady load. What the one costs the other, and how it comes back. */
export const outageProof: Proof = {
  about: 'one provider is down while ten thousand deliveries wait for it; another connection must not notice',
  options: {
    waiting: { about: 'deliveries that wait', default: 10_000, least: 100, most: 1_000_000 },
    seconds: { about: 'of steady load on the other connection, before and during the outage', default: 20, least: 5, most: 600 },
  },
  run: async (proving) => {
    const postgres = await startPostgres();
    const client = new Client({ connectionString: postgres.adminUrl });
    let app: INestApplicationContext | undefined;
    try {
      const databaseUrl = await provisionEngine(postgres.adminUrl);
      await client.connect();
      const watch = new OutageWatch();
      const guard = { concurrency: CONCURRENCY, openMs: OPEN_MS, maxOpenMs: MAX_OPEN_MS };
      const connections = ['down', 'up'].map((id) => ({ id, site: id, guard }));
      app = await NestFactory.createApplicationContext(engineModule({ databaseUrl, connections, provider: (call) => watch.called(call) }), quiet);
      await app.get(Database, { strict: false }).ready();
      return await prove(proving, app, client, watch);
    } finally {
      await app?.close();
      await client.end();
      await postgres.stop();
    }
  },
};

async function prove({ values, signal, progress }: Proving, app: INestApplicationContext, client: Client, watch: OutageWatch): Promise<Finding> {
  const { waiting = 0, seconds = 0 } = values;
  const intake = app.get(Intake, { strict: false });
  const { guard } = app.get(ConnectionRegistry, { strict: false }).get('down') ?? missing();
  guard.onTransition(({ to }) => watch.turned(to));
  const steady = async (): Promise<number> => {
    for (let sent = 0; sent < seconds * PER_SECOND; sent += 1) {
      signal.throwIfAborted();
      const event = leadOf('up', `steady-${Date.now()}-${sent}`);
      watch.sent(event.data.person.email);
      void intake.take([event]);
      await sleep(1_000 / PER_SECOND);
    }
    await until(() => Promise.resolve(watch.awaited === 0), 'the steady load has not arrived', PATIENCE_MS);
    return percentile(watch.takeDelays(), 0.95);
  };

  await steady();
  const before = await steady();
  progress(`before: p95 ${before.toFixed(1)} ms from intake to the call`);
  watch.down = true;
  for (let taken = 0; taken < waiting; taken += TAKEN_AT_ONCE) {
    await intake.take(Array.from({ length: Math.min(TAKEN_AT_ONCE, waiting - taken) }, (_, index) => leadOf('down', `waiting-${taken + index}`)));
  }
  await until(() => Promise.resolve(guard.state === 'open'), 'the circuit has not opened', PATIENCE_MS);
  progress(`${waiting.toLocaleString('en')} wait, and the circuit is open`);
  const during = await steady();
  progress(`during: p95 ${during.toFixed(1)} ms`);
  await until(() => Promise.resolve(guard.state === 'open' && watch.probes.length >= 2), 'there were no two probes', PATIENCE_MS);
  const { rows: [kept] } = await client.query<Kept>(KEPT);
  const calls = watch.callsWhileDown;
  const probes = [...watch.probes];

  watch.down = false;
  const upAt = performance.now();
  const openForMs = Math.max(0, (guard.openUntil?.getTime() ?? Date.now()) - Date.now());
  await until(() => Promise.resolve(guard.state === 'closed'), 'the circuit has not closed', PATIENCE_MS);
  const recoveryMs = performance.now() - upAt;
  progress(`closed again after ${recoveryMs.toFixed(0)} ms; the circuit had been open for another ${openForMs} ms`);
  await until(async () => (await openWork(client)) === 0, 'not everything that waited was delivered', PATIENCE_MS);
  const drainMs = performance.now() - upAt - recoveryMs;
  const { rows: [end] } = await client.query<Kept>(KEPT);
  return finding({ waiting, before, during, calls, probes, kept: kept ?? missing(), end: end ?? missing(), recoveryMs, openForMs, drainMs, most: watch.mostAtOnce });
}

interface Kept {
  dead: number;
  attempts: number;
  delivered: number;
}

const KEPT = `
  SELECT count(*) FILTER (WHERE state = 'dead')::int AS dead, coalesce(sum(attempts), 0)::int AS attempts, count(*) FILTER (WHERE state = 'delivered')::int AS delivered
    FROM ${ENGINE_SCHEMA}.all_deliveries WHERE connection = 'down'`;

interface Seen {
  waiting: number;
  before: number;
  during: number;
  /** Of the provider, while it was down. */
  calls: number;
  /** Calls in each time that the circuit was open and then let some through. */
  probes: readonly number[];
  kept: Kept;
  end: Kept;
  recoveryMs: number;
  openForMs: number;
  drainMs: number;
  most: number;
}

function finding({ waiting, before, during, calls, probes, kept, end, recoveryMs, openForMs, drainMs, most }: Seen): Finding {
  const ratio = during / before;
  const mostProbes = Math.max(...probes);
  const complaints = [
    ...(mostProbes > 1 ? [`${mostProbes} calls tested the provider in one open interval.`] : []),
    ...(kept.attempts > calls ? [`${kept.attempts} attempts were counted for ${calls} calls.`] : []),
    ...(end.dead > 0 ? [`${end.dead} deliveries are dead.`] : []),
    ...(end.delivered < waiting ? [`${waiting - end.delivered} deliveries have not arrived.`] : []),
    ...(recoveryMs > openForMs + RECOVERY_MARGIN_MS ? [`The circuit closed ${recoveryMs.toFixed(0)} ms after the provider was back.`] : []),
    ...(most > CONCURRENCY ? [`${most} calls at a time went through a guard that allows ${CONCURRENCY}.`] : []),
  ];
  return {
    holds: complaints.length === 0,
    complaints,
    figures: { waiting, probes, callsWhileDown: calls, attemptsWhileDown: kept.attempts, dead: end.dead, p95Before: before, p95During: during, p95Ratio: ratio, openForMs, recoveryMs, drainMs, mostAtOnce: most },
    table: [
      ['waiting while the provider was down', waiting.toLocaleString('en'), ''],
      ['calls that tested it, per open interval', `at most ${mostProbes}`, `${probes.length} intervals`],
      ['attempts counted while it was down', String(kept.attempts), `${calls} calls, those that opened the circuit among them`],
      ['dead', String(end.dead), ''],
      ['the other connection, p95 to the call', `${during.toFixed(1)} ms`, `${before.toFixed(1)} ms before: ${ratio.toFixed(2)}`],
      ['closed again after', `${recoveryMs.toFixed(0)} ms`, `the interval had ${openForMs.toFixed(0)} ms left`],
      ['drained after', `${(drainMs / 1_000).toFixed(1)} s`, `${Math.round(waiting / (drainMs / 1_000)).toLocaleString('en')}/s, at most ${most} at a time`],
    ],
  };
}

function leadOf(site: string, who: string): PosthornEvent<'lead.submitted'> {
  return createEvent({ site, type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], person: { email: `${who}@example.com` } } });
}

function missing(): never {
  throw new Error('There is no such connection, or no answer about it.');
}
