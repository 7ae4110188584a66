import { newId, type PosthornEvent } from '@posthorn/contracts';
import { Database, DatabaseUnavailableError } from '@posthorn/persistence';
import { PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { REDELIVER } from '../delivery.redelivery.js';
import { type ClaimedDelivery, type PlannedDelivery } from '../delivery.row.js';
import { type DeliveryState, TRANSITIONS } from '../delivery.states.js';
import { DeliveryStore } from '../delivery.store.js';
import { leadOf, useDeliveryDatabase } from '../engine.test-kit.js';
import { takeIn } from '../intake.statement.js';
import { digestOf } from '../ordering.key.js';
import { retryPolicy } from '../retry.policy.js';
import { type Decision, decide, decideExpired, delivered } from '../settlement.decision.js';

const LEASE_MS = 60_000;
const RETRY = retryPolicy.parse({ firstDelayMs: 1, maxDelayMs: 1 });

interface Change {
  id: string;
  line: string;
  was: DeliveryState | null;
  state: DeliveryState;
  fence: number;
  fence_was: number | null;
}

describe('many processes at once', () => {
  let test: TestDatabase;
  let admin: Client;
  let database: Database;
  let store: DeliveryStore;

  beforeAll(async () => {
    test = await useDeliveryDatabase();
    admin = new Client({ connectionString: test.adminUrl, options: '-c search_path=crm' });
    await admin.connect();
    // A witness that no statement of the engine can get past.
    await admin.query(`
      CREATE TABLE changes (seq bigserial, id uuid, line uuid, was text, state text, fence_was int, fence int);
      CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = crm AS $$ BEGIN
        INSERT INTO changes (id, line, was, state, fence_was, fence)
        VALUES (NEW.id, NEW.ordering_key, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, CASE WHEN TG_OP = 'UPDATE' THEN OLD.fence END, NEW.fence);
        RETURN NULL; END $$;
      CREATE TRIGGER witness AFTER INSERT OR UPDATE OF state, fence ON deliveries FOR EACH ROW EXECUTE FUNCTION witness()`);
    database = new Database({ url: test.urlFor('crm'), schema: 'crm', service: 'crm-sync', statementTimeoutMs: 30_000 });
    await database.ready();
    store = new DeliveryStore(database);
  });
  beforeEach(async () => {
    await admin.query('TRUNCATE changes, deliveries, inbox');
  });
  afterAll(async () => {
    await database.close();
    await admin.end();
  });

  it('claims each delivery once, however many claim at the same moment', async () => {
    await plan(Array.from({ length: 600 }, (_, index) => deliveryOf(`line-${index}`)));
    const claimed: string[] = [];
    const claimer = async (): Promise<void> => {
      for (let got = 1; got > 0; ) {
        const batch = await store.claim('storm', 20, LEASE_MS);
        got = batch.length;
        claimed.push(...batch.map(({ id }) => id));
      }
    };
    await Promise.all(Array.from({ length: 8 }, claimer));
    // A claim passes over what another one is just taking, so the last ones may have found nothing too early.
    await claimer();
    expect(claimed.length).toBe(600);
    expect(new Set(claimed).size).toBe(600);
  });

  it('let one delivery of a line go, though an earlier one arrives while a later one is being claimed', async () => {
    const [earlier, later] = [deliveryOf('line'), deliveryOf('line')];
    await plan([later]);
    let second: Promise<ClaimedDelivery[]> | undefined;
    let answered = false;
    await database.transaction(async (tx) => {
      const uncommitted = new DeliveryStore({ query: tx.query.bind(tx) } as unknown as Database);
      expect(await uncommitted.claim('storm', 10, LEASE_MS)).toHaveLength(1);
      await plan([earlier]);
      second = store.claim('storm', 10, LEASE_MS).finally(() => (answered = true));
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await waitFor(async () => answered || (await admin.query(waiting)).rowCount === 1, { describe: 'the second claim' });
    });
    expect(await second).toEqual([]);
  });

  it('settle what was lost at the same moment, each in an order of its own, and never wait for each other in a circle', async () => {
    for (let round = 0; round < 10; round += 1) {
      await plan(Array.from({ length: 200 }, (_, index) => deliveryOf(`lost-${round}-${index}`)));
      const lost = await store.claim('storm', 200, -1);
      const settlements = lost.map((delivery) => ({ delivery, decision: decideExpired('hold') }));
      const both = await Promise.all([settlements, [...settlements].reverse()].map((order) => store.settle(database, order)));
      expect(both.map(({ settled }) => settled.size).sort((a, b) => a - b)).toEqual([0, 200]);
    }
  });

  it('keep every rule: only ways of the table, a line at a time, nothing lost, though a third of them die', async () => {
    const planned = Array.from({ length: 400 }, (_, index) => deliveryOf(`line-${index % 40}`));
    const claims: ClaimedDelivery[] = [];
    let done = false;
    const until = async (work: () => Promise<unknown>): Promise<void> => {
      while (!done) await work().catch(orAgain);
    };
    const intake = async (share: PlannedDelivery[]): Promise<void> => {
      for (let from = 0; from < share.length; from += 5) await plan(share.slice(from, from + 8));
    };
    const process = async (): Promise<void> => {
      const dies = Math.random() < 0.3;
      const batch = await store.claim('storm', 1 + Math.floor(Math.random() * 6), dies ? -1 : LEASE_MS);
      claims.push(...batch);
      const late = claims[Math.floor(Math.random() * claims.length)];
      const ending = [...(dies ? [] : batch), ...(late === undefined ? [] : [late])];
      await settle(ending.map((delivery) => ({ delivery, decision: anyEnd(delivery) })));
    };
    const watch = async (): Promise<void> => {
      await store.release();
      await settle((await store.expired(200)).map((delivery) => ({ delivery, decision: decideExpired(Math.random() < 0.5 ? 'retry' : 'hold') })));
      await database.query(REDELIVER, [(await database.query<{ id: string }>(`SELECT id FROM deliveries WHERE state IN ('dead', 'held')`)).map(({ id }) => id), null]);
      const [row] = await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM deliveries WHERE state = 'delivered'`);
      done = row?.count === planned.length;
    };
    const shuffled = [...planned].sort(() => Math.random() - 0.5);
    await Promise.all([intake(shuffled.slice(0, 210)), intake(shuffled.slice(190)), ...Array.from({ length: 5 }, () => until(process)), until(watch)]);

    const { rows: changes } = await admin.query<Change>('SELECT id, line, was, state, fence_was, fence FROM changes ORDER BY seq');
    expect(changes.filter(isForbidden)).toEqual([]);
    expect(overlaps(changes)).toEqual([]);
    expect(new Set(changes.map(({ id }) => id)).size).toBe(planned.length);
    expect(changes.filter(({ state, was }) => state === 'delivered' && was !== 'delivered').length).toBe(planned.length);
  }, 60_000);

  function deliveryOf(line: string): PlannedDelivery {
    return { id: newId(), event: leadOf('ada@example.org'), connection: 'storm', action: 'storm', orderingKey: digestOf(line), latestWins: false, state: 'pending' };
  }

  /** As intake does it; what comes again is not planned again. */
  async function plan(batch: readonly PlannedDelivery[]): Promise<void> {
    const byEvent = new Map(batch.map((each) => [each.event.id, each]));
    const planner = { plan: (events: readonly PosthornEvent[]) => events.flatMap(({ id }) => byEvent.get(id) ?? []), unconnected: () => [] };
    await takeIn(database, batch.map(({ event }) => event), planner, () => undefined);
  }

  async function settle(settlements: { delivery: ClaimedDelivery; decision: Decision }[]): Promise<void> {
    if (settlements.length > 0) await store.settle(database, settlements);
  }
});

/** Settlements in different orders may wait for each other until Postgres ends one; the engine, too, tries it again. */
function orAgain(error: unknown): void {
  if (!(error instanceof DatabaseUnavailableError)) throw error;
}

function anyEnd({ was, attempts }: ClaimedDelivery): Decision {
  const errors = [new RetryableError('BUSY', 'busy'), new UnknownOutcomeError('CUT', 'cut'), new PermanentError('NEVER', 'never')];
  const error = errors[Math.floor(Math.random() * 6)];
  if (error === undefined) return delivered({ externalId: 'ext', outcome: 'crm.contact.synced' });
  const now = new Date();
  return decide({ error, was, attempts, firstAttemptAt: now, asking: false, unknownPolicy: 'retry', retry: RETRY, now, random: 0 });
}

/** Inserted as pending, and from there by ways of the table alone; a claim counts, nothing else does. */
function isForbidden({ was, state, fence_was: fenceWas, fence }: Change): boolean {
  if (was === null || fenceWas === null) return state !== 'pending' || fence !== 0;
  const isClaim = state === 'attempting';
  const ways = Object.entries(TRANSITIONS).filter(([name, { from, to }]) => name !== 'complete' && (from as readonly string[]).includes(was) && (to as readonly string[]).includes(state));
  return ways.length === 0 || fence !== fenceWas + (isClaim ? 1 : 0);
}

/** Lines of which two deliveries were under way at the same time. */
function overlaps(changes: readonly Change[]): string[] {
  const atWork = new Map<string, string>();
  return changes.flatMap(({ id, line, was, state }) => {
    if (was === 'attempting' && state !== 'attempting' && atWork.get(line) === id) atWork.delete(line);
    if (state !== 'attempting' || was === 'attempting') return [];
    const other = atWork.get(line);
    atWork.set(line, id);
    return other === undefined || other === id ? [] : [`${id} was claimed while ${other} was under way`];
  });
}
