import { type INestApplicationContext } from '@nestjs/common';
import { BOOK_STATES, type BookRow, type BookState, createEvent, ERASURE_CAUSES, type ErasureCause, newId, type PosthornEvent } from '@posthorn/contracts';
import { type Transaction } from '@posthorn/persistence';
import { PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Archivist } from '../archive/archivist.service.js';
import { NotRedeliverableError } from '../deliveries.service.js';
import { type DeliveryState, LIVE } from '../delivery.states.js';
import { Delivers } from '../delivers.decorator.js';
import { type Engine, type EngineOptions, LeadHandler, type ProviderCall, startEngine, useDeliveryDatabase } from '../engine.test-kit.js';
import { erasureOf, ScriptedEraser } from '../erasure/erasure.test-kit.js';
import { BooksStore } from './books.store.js';

@Delivers({ types: 'lead.submitted', action: 'mail-lead', unknown: 'hold' })
class MailHandler extends LeadHandler {}

type Booked = Engine & { books: BooksStore; archivist: Archivist };

const DAY_MS = 86_400_000;
const dayOf = (eventId: string): string => new Date(parseInt(eventId.slice(0, 8) + eventId.slice(9, 13), 16)).toISOString().slice(0, 10);
const today = (): { from: string; until: string } => ({ from: new Date(Date.now() - DAY_MS).toISOString().slice(0, 10), until: new Date().toISOString().slice(0, 10) });

/** What the books should say, worked out from every delivery of every event there is. */
async function bruteForce(tx: Transaction, types: readonly string[]): Promise<Map<string, Partial<Record<BookState, number>>>> {
  const events = await tx.query<{ event_id: string; site: string; type: string; erased: boolean }>(`SELECT event_id, site, type, envelope ->> 'erased' IS NOT NULL AS erased FROM inbox`);
  const deliveries = await tx.query<{ event_id: string; state: DeliveryState }>('SELECT event_id, state FROM all_deliveries');
  const states = new Map<string, DeliveryState[]>();
  for (const { event_id: id, state } of deliveries) states.set(id, [...(states.get(id) ?? []), state]);
  const books = new Map<string, Partial<Record<BookState, number>>>();
  for (const { event_id: id, site, type, erased } of events.filter((event) => types.includes(event.type))) {
    const key = `${dayOf(id)} ${site} ${type}`;
    const state = worst(states.get(id) ?? [erased ? 'erased' : 'skipped']);
    const row = books.get(key) ?? {};
    books.set(key, { ...row, [state]: (row[state] ?? 0) + 1 });
  }
  return books;
}

function worst(states: readonly DeliveryState[]): BookState {
  if (states.includes('dead')) return 'dead';
  if (states.includes('held')) return 'held';
  if (states.some((state) => (LIVE as readonly string[]).includes(state))) return 'inProgress';
  if (states.includes('erased')) return 'erased';
  return states.includes('delivered') ? 'delivered' : 'skipped';
}

const asMap = (rows: readonly BookRow[]): Map<string, Partial<Record<BookState, number>>> =>
  new Map(rows.map((row) => [`${row.day} ${row.site} ${row.type}`, Object.fromEntries(BOOK_STATES.filter((state) => row[state] > 0).map((state) => [state, row[state]]))]));

describe('the books of a service', () => {
  let database: TestDatabase;
  const engines: Booked[] = [];

  beforeEach(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  const start = async (options: EngineOptions = {}): Promise<Booked> => {
    let app: INestApplicationContext | undefined;
    const engine = await startEngine(database, { archiveAfterMs: 0, handlers: [LeadHandler, MailHandler], eraser: ScriptedEraser, ...options, prepare: (context) => void (app = context) });
    const booked = { ...engine, books: app!.get(BooksStore, { strict: false }), archivist: app!.get(Archivist, { strict: false }) };
    engines.push(booked);
    return booked;
  };

  /** Both looks in one snapshot: work goes on meanwhile, and they must agree all the same. */
  const bothOf = (engine: Booked) =>
    engine.database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      return { books: asMap(await engine.books.rows(tx, today())), counted: await bruteForce(tx, ['lead.submitted', 'privacy.erasure_requested']) };
    });

  it('agree with a count of everything, at any moment of any history', async () => {
    const engine = await start({ connections: [{ id: 'acme-crm' }, { id: 'acme-too' }], retry: { firstDelayMs: 5, maxDelayMs: 30 } });
    const ends = ['deliver', 'deliver', 'bury', 'lose', 'defer'] as const;
    let random = 1;
    const behaviour = ({ eventId, attempt }: ProviderCall): Promise<string> => {
      random = (random * 48_271) % 2_147_483_647;
      const end = attempt > 3 ? 'deliver' : ends[random % ends.length];
      if (end === 'bury') return Promise.reject(new PermanentError('REFUSED', 'refused'));
      if (end === 'lose') return Promise.reject(new UnknownOutcomeError('CUT', 'cut'));
      if (end === 'defer') return Promise.reject(new RetryableError('BUSY', 'busy'));
      return Promise.resolve(`ext-${eventId}`);
    };
    for (const id of ['acme-crm', 'acme-too']) engine.provider(id).behaviour = behaviour;

    const lead = fc.record({ site: fc.constantFrom('acme', 'acme', 'nobodys'), message: fc.constantFrom('hello', 'hello', 'skip me'), person: fc.integer({ min: 0, max: 20 }), other: fc.boolean() });
    const step = fc.oneof(
      fc.record({ do: fc.constant('take' as const), leads: fc.array(lead, { minLength: 1, maxLength: 30 }) }),
      fc.record({ do: fc.constant('archive' as const) }),
      fc.record({ do: fc.constant('redeliver' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ do: fc.constant('isolate' as const), yes: fc.boolean() }),
      fc.record({ do: fc.constant('erase' as const), share: fc.double({ min: 0, max: 1, noNaN: true }), cause: fc.constantFrom(...ERASURE_CAUSES) }),
    );
    let seed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (history) => {
        random = (seed += 1);
        for (const each of history) {
          if (each.do === 'take') await engine.intake.take(each.leads.map(eventOf));
          if (each.do === 'archive') await engine.archivist.run();
          if (each.do === 'redeliver') await redeliverSome(engine, each.share);
          if (each.do === 'isolate') engine.connection('acme-too').guard[each.yes ? 'isolate' : 'release']('the test');
          if (each.do === 'erase') await eraseSome(engine, each);
          const { books, counted } = await bothOf(engine);
          expect(books).toEqual(counted);
        }
        engine.connection('acme-too').guard.release();
      }),
      { numRuns: 20, endOnFailure: true },
    );
    for (const id of ['acme-crm', 'acme-too']) {
      engine.provider(id).behaviour = ({ eventId }) => Promise.resolve(`ext-${eventId}`);
      engine.connection(id).guard.release();
    }
    await waitFor(
      async () => {
        // What came after a dead erasure waits for it.
        for (const { id } of await engine.database.query<{ id: string }>(`SELECT id FROM deliveries WHERE action = 'erase-person' AND state = 'dead'`)) await engine.deliveries.redeliver(id);
        await engine.archivist.run();
        const { books, counted } = await bothOf(engine);
        expect(books).toEqual(counted);
        return [...books.values()].every((row) => row.inProgress === undefined);
      },
      { timeoutMs: 15_000, describe: 'the end of all work' },
    );
    expect((await engine.database.query<{ n: number }>('SELECT count(*)::int AS n FROM deliveries_archive'))[0]?.n).toBeGreaterThan(0);
  });

  it('count what arrives twice once, and what is none of the service\'s business not at all', async () => {
    const engine = await start();
    const lost = eventOf({ site: 'nobodys', message: 'hello', person: 1, other: false });
    const other = eventOf({ site: 'acme', message: 'hello', person: 1, other: true });
    await engine.intake.take([lost, other, lost]);
    await engine.intake.take([lost, other]);
    const { books, counted } = await bothOf(engine);
    expect(books).toEqual(counted);
    expect([...books]).toEqual([[`${dayOf(lost.id)} nobodys lead.submitted`, { skipped: 1 }]]);
  });

  it('come in pages that do not divide a site\'s day, and may be narrowed to a site', async () => {
    const engine = await start();
    await engine.intake.take(['a-site', 'b-site', 'c-site'].map((site) => eventOf({ site, message: 'hello', person: 1, other: false })));
    const rows = await engine.books.rows(engine.database, today());
    expect(rows.map(({ site }) => site)).toEqual(['a-site', 'b-site', 'c-site']);
    const [first] = rows;
    expect((await engine.books.rows(engine.database, { ...today(), after: { day: first!.day, site: 'a-site' } })).map(({ site }) => site)).toEqual(['b-site', 'c-site']);
    expect((await engine.books.rows(engine.database, { ...today(), site: 'b-site' })).map(({ site }) => site)).toEqual(['b-site']);
    expect(await engine.books.rows(engine.database, { from: '2020-01-01', until: '2020-01-31' })).toEqual([]);
  });
});

function eventOf({ site, message, person, other }: { site: string; message: string; person: number; other: boolean }): PosthornEvent {
  const email = `p${person}@example.org`;
  if (other) return createEvent({ site, type: 'customer.updated', data: { person: { email } } });
  return createEvent({ site, type: 'lead.submitted', data: { person: { email }, message } });
}

/** Of what may be sent again, archived or not. */
async function redeliverSome(engine: Engine, share: number): Promise<void> {
  const rows = await engine.database.query<{ id: string }>(`SELECT id FROM all_deliveries WHERE state IN ('dead', 'held', 'skipped') ORDER BY id`);
  const some = rows.filter((_, index) => index < rows.length * share).slice(0, 25);
  for (const { id } of some) {
    // One that is forgotten meanwhile is not sent again.
    await engine.deliveries.redeliver(id).catch((error: unknown) => {
      if (!(error instanceof NotRedeliverableError)) throw error;
    });
  }
}

/** Of what has come, and one that comes too late. */
async function eraseSome(engine: Engine, { share, cause }: { share: number; cause: ErasureCause }): Promise<void> {
  const rows = await engine.database.query<{ id: string; site: string }>(`SELECT event_id AS id, site FROM inbox WHERE type = 'lead.submitted' ORDER BY event_id`);
  const some = rows.filter((_, index) => index < rows.length * share).slice(-10);
  const late = { id: newId(), type: 'lead.submitted' } as const;
  const requests = ['acme', 'nobodys'].map((site) => erasureOf([...some.filter((row) => row.site === site).map(({ id }) => ({ id, type: 'lead.submitted' }) as const), ...(site === 'acme' ? [late] : [])], cause, site));
  await engine.intake.take(requests.filter(({ data }) => Object.keys(data.events).length > 0));
}
