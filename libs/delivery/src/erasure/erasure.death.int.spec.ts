import { type PosthornEvent } from '@posthorn/contracts';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { createMortalPostgres, type MortalPostgres, waitFor } from '@posthorn/testing';
import { expect, it } from 'vitest';
import { type Engine, leadOf, startEngine, useDeliveryDatabase } from '../engine.test-kit.js';
import { erasureOf, eraseName, ScriptedEraser } from './erasure.test-kit.js';

/** More than an erasure hears, with what others hear meanwhile. */
const ANSWERS = 48;
/** An attempt whose claim nobody heard of is made again after so long. */
const LEASE_MS = 10_500;
/** Side by side, since most of it is waiting. */
const AT_ONCE = 6;

it('comes to its end once, whenever Postgres dies on the way', async () => {
  const lanes = Array.from({ length: AT_ONCE }, (_, lane) => Array.from({ length: ANSWERS / AT_ONCE }, (_each, index) => 1 + lane + index * AT_ONCE));
  const deaths = await Promise.all(lanes.map(survives));
  // Some come after the last answer; the others have to be real deaths.
  expect(deaths.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(ANSWERS / 2);
}, 90_000);

async function survives(answers: readonly number[]): Promise<number> {
  const database = await useDeliveryDatabase();
  const postgres = await createMortalPostgres(database.urlFor('crm'));
  const engine = await startEngine({ ...database, urlFor: () => postgres.url }, { eraser: ScriptedEraser, connections: [{ guard: { deadlineMs: 500 } }] });
  let deaths = 0;
  for (const answer of answers) deaths += (await erasesThough(engine, postgres, answer)) ? 1 : 0;
  await engine.stop();
  await postgres.close();
  return deaths;
}

async function erasesThough(engine: Engine, postgres: MortalPostgres, answer: number): Promise<boolean> {
  const lead = leadOf(`ada-${answer}@example.org`);
  await untilTaken(engine, lead);
  await untilTrue(async () => (await engine.deliveries.ofEvent(lead.id))[0]?.state === 'delivered', 'the delivery');
  const request = erasureOf([lead]);
  postgres.dieAt(answer, 'silent');
  const revive = waitFor(() => postgres.dead, { timeoutMs: 3_000 }).then(() => true, () => false).finally(() => postgres.revive());
  await untilTaken(engine, request);
  await untilTrue(async () => (await engine.outcomes(request.id)).includes('crm-sync.erasure.completed'), `the end of an erasure that met a death at answer ${answer}`);
  expect((await engine.outcomes(request.id)).filter((type) => type === 'crm-sync.erasure.completed')).toHaveLength(1);
  expect(engine.provider().callsOf(eraseName([lead])).length).toBeGreaterThan(0);
  const told = await engine.database.query<{ row: string }>('SELECT i::text AS row FROM inbox i UNION ALL SELECT d::text FROM deliveries d UNION ALL SELECT l::text FROM ledger l');
  expect(told.filter(({ row }) => row.includes('example.org'))).toEqual([]);
  return revive;
}

/** As NATS does, which brings again what was not acknowledged. */
const untilTaken = (engine: Engine, event: PosthornEvent): Promise<void> => untilTrue(() => engine.intake.take([event]).then(() => true), 'the intake');

async function untilTrue(look: () => Promise<boolean>, describe: string): Promise<void> {
  await waitFor(() => look().catch(falseWhileAway), { describe, timeoutMs: LEASE_MS * 2 });
}

function falseWhileAway(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return false;
  throw error;
}
