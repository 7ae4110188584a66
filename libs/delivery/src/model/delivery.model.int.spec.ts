import { newId } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useDeliveryDatabase } from '../engine.test-kit.js';
import { Lockstep, ModelViolation } from './lockstep.test-kit.js';
import { program, type Program } from './program.test-kit.js';
import { World } from './world.test-kit.js';

const RUNS = 10_000;
const SIDE_BY_SIDE = 250;
/** Half a minute on a quiet machine, four times that on one that does three other things. */
const PATIENCE_MS = 600_000;

describe('the SQL of the engine', () => {
  let database: Database;
  let worlds = 0;

  beforeAll(async () => {
    const { urlFor } = await useDeliveryDatabase();
    database = new Database({ url: urlFor('crm'), schema: 'crm', service: 'crm-sync', statementTimeoutMs: 60_000 });
    await database.ready();
    // Outside of what is undone: making it anew for each transaction would lock out nobody and take its time.
    await database.query('SELECT make_archive_month($1)', [newId()]);
  });
  afterAll(() => database.close());

  it(`does what the model does, in ${RUNS} random histories`, async () => {
    const seed = Date.now() % 2 ** 31;
    const programs = fc.sample(program, { numRuns: RUNS, seed });
    for (let from = 0; from < RUNS; from += SIDE_BY_SIDE) {
      const violation = await run(programs.slice(from, from + SIDE_BY_SIDE));
      if (violation !== undefined) expect.fail(await story(violation, seed));
    }
  }, PATIENCE_MS);

  /** Runs the programs and undoes all of it. */
  async function run(programs: readonly Program[]): Promise<ModelViolation | undefined> {
    const over = new Error('undo');
    try {
      await database.transaction(async (tx) => {
        await new Lockstep(tx, programs.map((each) => new World(`world-${(worlds += 1)}`, each))).run();
        throw over;
      });
    } catch (error) {
      if (error instanceof ModelViolation) return error;
      if (error !== over) throw error;
    }
    return undefined;
  }

  /** What went wrong, with as few commands as will still show it. */
  async function story(violation: ModelViolation, seed: number): Promise<string> {
    let shortest = violation;
    for (let index = violation.world.program.commands.length - 1; index >= 0; index -= 1) {
      const { program: longer } = shortest.world;
      const again = await run([{ ...longer, commands: longer.commands.with(index, { do: 'nothing' }) }]);
      shortest = again ?? shortest;
    }
    const { commands, ...setting } = shortest.world.program;
    return [`seed ${seed}: ${shortest.message}`, JSON.stringify(setting), ...commands.flatMap((each, step) => (each.do === 'nothing' ? [] : `${step}: ${JSON.stringify(each)}`))].join('\n');
  }
});
