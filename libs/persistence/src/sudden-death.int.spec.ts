import { createMortalPostgres, type Death, type MortalPostgres, useDatabase, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database, DatabaseUnavailableError } from './index.js';

let postgres: MortalPostgres;
const uncaught: unknown[] = [];
const note = (error: unknown): number => uncaught.push(error);

beforeAll(async () => {
  postgres = await createMortalPostgres((await useDatabase()).url);
  process.on('uncaughtException', note).on('unhandledRejection', note);
});
afterAll(async () => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  await postgres.close();
});

/** Connects, and at once uses every connection of the pool in every way there is. */
async function boot(): Promise<Database> {
  const database = new Database({ url: postgres.url, schema: 'public', service: 'mortal', poolSize: 3 });
  database.start();
  await waitFor(() => postgres.dead || database.unavailable === undefined, { describe: 'Postgres to answer or to die' });
  const work = [database.query('SELECT 1'), database.query('SELECT 2'), database.transaction((tx) => tx.query('SELECT 3'))];
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(DatabaseUnavailableError);
  }
  return database;
}

/** The probe, TypeORM's own questions, three connections and five statements; how the pool shares them out varies a little. */
const FEWEST_ANSWERS = 8;

it.each<Death>(['silent', 'farewell'])('bears a Postgres that dies at any of its answers (%s), and goes on when it is back', async (death) => {
  for (let answer = 1, died = true; died; answer += 1) {
    postgres.dieAt(answer, death);
    const database = await boot();
    died = postgres.dead;
    expect(died || answer > FEWEST_ANSWERS).toBe(true);
    postgres.revive();
    // Where it dies with its very last answer, the next statement finds out.
    await waitFor(() => database.query('SELECT 1').then(() => true, () => false), { describe: 'an answer' });
    await database.close();
    expect(uncaught, `what nobody caught when it died at answer ${answer}`).toEqual([]);
  }
});
