import { type INestApplicationContext } from '@nestjs/common';
import { DELIVERY_STATES, type DeliveryFilter, newId, type PosthornEvent, type RedeliverQuestion, type RedeliveryReport } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { PermanentError } from '@posthorn/resilience';
import { type TestDatabase, waitFor } from '@posthorn/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, type EngineOptions, leadOf, ScriptedProvider, SERVICE, startEngine, useDeliveryDatabase } from '../engine.test-kit.js';
import { ConnectionControls } from './connection.controls.js';
import { ConnectionReports } from './connection.reports.js';
import { DeliveryListing } from './delivery.listing.js';
import { Redeliveries } from './redeliveries.service.js';

type Operated = Engine & { controls: ConnectionControls; reports: ConnectionReports; listing: DeliveryListing; redeliveries: Redeliveries };

const refused = (): Promise<never> => Promise.reject(new PermanentError('REFUSED', 'the provider refused it', { status: 422 }));
const accepted = ({ eventId }: { eventId: string }): Promise<string> => Promise.resolve(`ext-${eventId}`);

describe('operations', () => {
  let database: TestDatabase;
  const engines: Operated[] = [];
  let count = 0;

  beforeAll(async () => {
    database = await useDeliveryDatabase();
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  const start = async (id: string, options: EngineOptions = {}): Promise<Operated> => {
    let app: INestApplicationContext | undefined;
    const connections = options.connections ?? [{ id }];
    const engine = await startEngine(database, { ...options, connections, prepare: (context) => void (app = context) });
    const of = <T>(type: new (...args: never[]) => T): T => app!.get<T>(type, { strict: false });
    const operated = { ...engine, controls: of(ConnectionControls), reports: of(ConnectionReports), listing: of(DeliveryListing), redeliveries: of(Redeliveries) };
    engines.push(operated);
    return operated;
  };

  const connectionOf = (name: string): string => `acme-${name}-${++count}`;
  const order = (connection: string, actor = 'ada') => ({ id: newId(), actor, service: SERVICE, connection });
  const redelivery = (filter: DeliveryFilter, perSecond = 500): RedeliverQuestion => ({ id: newId(), actor: 'ada', filter, preview: false, perSecond });

  const bury = async (engine: Operated, connection: string, n: number): Promise<PosthornEvent[]> => {
    engine.provider(connection).behaviour = refused;
    const events = Array.from({ length: n }, (_, index) => leadOf(`p${index}-${newId()}@example.org`));
    await engine.intake.take(events);
    await waitFor(async () => (await states(engine, connection))['dead'] === n, { describe: `${n} dead letters` });
    engine.provider(connection).behaviour = accepted;
    return events;
  };
  const states = async (engine: Operated, connection: string): Promise<Record<string, number>> => {
    const rows = await engine.database.query<{ state: string; n: number }>('SELECT state, count(*)::int AS n FROM deliveries WHERE connection = $1 GROUP BY 1', [connection]);
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  };
  const ended = (engine: Operated, id: string): Promise<RedeliveryReport> =>
    waitFor(
      async () => {
        const report = await engine.redeliveries.report(id);
        return report?.state === 'running' ? undefined : report;
      },
      { describe: 'the end of the redelivery' },
    );
  const told = async (engine: Operated, connection: string, verb: string): Promise<Record<string, unknown>[]> => {
    const rows = await engine.database.query<{ facts: Record<string, unknown> }>(
      `SELECT envelope::json -> 'data' -> 'facts' AS facts FROM ledger WHERE type = $1 AND envelope::json -> 'data' ->> 'connection' = $2 ORDER BY id`,
      [`${SERVICE}.operator.${verb}`, connection],
    );
    return rows.map(({ facts }) => facts);
  };

  describe('redelivery', () => {
    it('previews without touching anything, then sends all that fits again and says who asked', async () => {
      const id = connectionOf('bulk');
      const engine = await start(id);
      const events = await bury(engine, id, 60);
      const question = redelivery({ connection: id });
      expect(await engine.redeliveries.preview(question)).toEqual([{ connection: id, site: 'acme', matched: 60 }]);
      expect(await states(engine, id)).toEqual({ dead: 60 });
      await engine.redeliveries.start(question);
      expect(await ended(engine, question.id)).toMatchObject({ state: 'finished', matched: 60, redelivered: 60, refused: 0, actor: 'ada' });
      for (const event of events) await engine.reaches(event.id, 'delivered');
      expect(await told(engine, id, 'redelivery-started')).toMatchObject([{ actor: 'ada', matched: 60 }]);
      expect(await told(engine, id, 'redelivery-finished')).toMatchObject([{ redelivered: 60 }]);
      expect(await told(engine, id, 'redeliver')).toHaveLength(60);
      expect(await engine.outcomes(events[0]!.id)).toEqual(['crm-sync.delivery.dead', 'crm-sync.operator.redeliver', 'crm.contact.synced']);
    });

    it('is carried out once, however many replicas hear the order', async () => {
      const id = connectionOf('heard');
      const providers = new Map<string, ScriptedProvider>();
      const [one, other] = [await start(id, { providers }), await start(id, { providers })];
      const events = await bury(one, id, 40);
      const question = redelivery({ connection: id });
      const reports = await Promise.all([one, other, one].map((engine) => engine.redeliveries.start(question)));
      expect(new Set(reports.map((report) => report?.matched))).toEqual(new Set([40]));
      expect(await ended(other, question.id)).toMatchObject({ redelivered: 40 });
      for (const event of events) await one.reaches(event.id, 'delivered');
      expect(providers.get(id)?.calls).toHaveLength(80);
      expect(await told(one, id, 'redelivery-started')).toHaveLength(1);
      expect(await told(one, id, 'redelivery-finished')).toHaveLength(1);
    });

    it('goes on where it was after its process was killed in the middle, and sends nothing twice', async () => {
      const id = connectionOf('killed');
      const providers = new Map<string, ScriptedProvider>();
      const first = await start(id, { providers });
      const events = await bury(first, id, 300);
      const question = redelivery({ connection: id }, 400);
      await first.redeliveries.start(question);
      await waitFor(async () => ((await first.redeliveries.report(question.id))?.redelivered ?? 0) > 0);
      // What a kill leaves behind: every transaction that was open is rolled back, and nobody goes on.
      const superuser = new Database({ url: database.adminUrl, schema: 'crm', service: 'test' });
      await superuser.ready();
      for (let kills = 0; kills < 5; kills += 1) {
        await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'posthorn-crm-sync' AND datname = current_database()`);
        await first.database.ready();
      }
      await superuser.close();
      await first.stop();
      engines.splice(engines.indexOf(first), 1);
      const second = await start(id, { providers });
      expect(await ended(second, question.id)).toMatchObject({ state: 'finished', matched: 300, redelivered: 300, refused: 0 });
      for (const event of events) await second.reaches(event.id, 'delivered');
      const outcomes = await told(second, id, 'redeliver');
      expect(outcomes).toHaveLength(300);
      expect(await told(second, id, 'redelivery-finished')).toHaveLength(1);
    });

    it('stops where it is, and says by whom', async () => {
      const id = connectionOf('stopped');
      const engine = await start(id);
      await bury(engine, id, 30);
      const question = redelivery({ connection: id }, 1);
      await engine.redeliveries.start(question);
      await waitFor(async () => ((await engine.redeliveries.report(question.id))?.redelivered ?? 0) > 0);
      const stopped = await engine.redeliveries.stop(question.id, 'grace');
      expect(stopped).toMatchObject({ state: 'stopped', stoppedBy: 'grace', matched: 30 });
      expect(stopped!.redelivered).toBeLessThan(5);
      const again = await engine.redeliveries.stop(question.id, 'grace');
      expect(again).toEqual(stopped);
      expect(await told(engine, id, 'redelivery-stopped')).toMatchObject([{ actor: 'grace', redelivered: stopped!.redelivered }]);
      expect((await states(engine, id))['dead']).toBe(30 - stopped!.redelivered);
    });

    it('does not send again what dies again', async () => {
      const id = connectionOf('again');
      const engine = await start(id);
      await bury(engine, id, 10);
      engine.provider(id).behaviour = refused;
      const question = redelivery({ connection: id });
      await engine.redeliveries.start(question);
      expect(await ended(engine, question.id)).toMatchObject({ redelivered: 10 });
      await waitFor(async () => (await states(engine, id))['dead'] === 10);
      expect(engine.provider(id).calls).toHaveLength(20);
    });

    it('refuses what this version could not deliver, and leaves it what it is', async () => {
      const id = connectionOf('gone');
      const engine = await start(id);
      const [event] = await bury(engine, id, 2);
      await engine.database.query(`UPDATE deliveries SET action = 'of-another-version' WHERE event_id = $1`, [event!.id]);
      const question = redelivery({ connection: id });
      await engine.redeliveries.start(question);
      expect(await ended(engine, question.id)).toMatchObject({ matched: 2, redelivered: 1, refused: 1 });
      await engine.reaches(event!.id, 'dead');
    });

    it('never touches what is not dead, held or skipped, whatever the filter', async () => {
      const id = connectionOf('model');
      const engine = await start(id);
      engine.connection(id).guard.isolate('nothing moves but by redelivery');
      const events = DELIVERY_STATES.flatMap((state) => [0, 1, 2].map((n) => ({ state, event: leadOf(`${state}-${n}@example.org`) })));
      await engine.intake.take(events.map(({ event }) => event));
      for (const { state, event } of events) {
        await engine.database.query(
          `UPDATE deliveries SET state = $2, error_code = CASE WHEN $2 = 'dead' THEN 'REFUSED' END, lease_until = now() + interval '1 hour', next_attempt_at = now() + interval '1 hour' WHERE event_id = $1`,
          [event.id, state],
        );
      }
      const snapshot = async (): Promise<Map<string, string>> => {
        const rows = await engine.database.query<{ event_id: string; state: string }>('SELECT event_id, state FROM deliveries WHERE connection = $1', [id]);
        return new Map(rows.map((row) => [row.event_id, row.state]));
      };
      const filters: { filter: DeliveryFilter; moves: readonly string[] }[] = [
        { filter: { connection: id, errorCode: 'NOBODY' }, moves: [] },
        { filter: { connection: id, site: 'other' }, moves: [] },
        { filter: { connection: id, type: 'order.paid' }, moves: [] },
        { filter: { connection: id, to: '2020-01-01T00:00:00Z' }, moves: [] },
        { filter: { connection: id, errorCode: 'REFUSED' }, moves: ['dead'] },
        { filter: { connection: id }, moves: ['held'] },
        { filter: { connection: id, states: ['skipped'], from: '2020-01-01T00:00:00Z' }, moves: ['skipped'] },
      ];
      for (const { filter, moves } of filters) {
        const before = await snapshot();
        const question = redelivery(filter);
        await engine.redeliveries.start(question);
        await ended(engine, question.id);
        for (const [eventId, state] of await snapshot()) {
          const was = before.get(eventId)!;
          expect({ filter, was, state }).toEqual({ filter, was, state: moves.includes(was) ? 'pending' : was });
        }
      }
      for (const state of ['pending', 'attempting', 'retrying', 'unknown', 'delivered'] as const) {
        await expect(engine.redeliveries.start(redelivery({ connection: id, states: [state] }))).rejects.toMatchObject({ code: 'NOT_REDELIVERABLE' });
      }
    });
  });

  describe('isolation', () => {
    it('stops calls, outlives a restart, and ends when an operator says so', async () => {
      const id = connectionOf('isolated');
      const first = await start(id);
      expect(await first.controls.isolate(first.connection(id), { ...order(id), reason: 'the CRM is being moved' })).toBe(true);
      const event = leadOf('ada@example.org');
      await first.intake.take([event]);
      await first.stop();
      engines.splice(engines.indexOf(first), 1);

      const second = await start(id);
      await waitFor(() => second.connection(id).guard.state === 'isolated');
      expect(second.connection(id).guard.reason).toContain('the CRM is being moved (isolated by ada)');
      expect((await second.deliveries.ofEvent(event.id))[0]).toMatchObject({ state: 'pending', attempts: 0 });
      expect(second.provider(id).calls).toEqual([]);
      expect(await second.controls.release(second.connection(id), order(id, 'grace'))).toBe(true);
      await second.reaches(event.id, 'delivered');
      expect(await told(second, id, 'isolate')).toMatchObject([{ actor: 'ada', reason: 'the CRM is being moved' }]);
      expect(await told(second, id, 'release')).toMatchObject([{ actor: 'grace' }]);
    });

    it('reaches the replicas that did not hear the order', async () => {
      const id = connectionOf('replicas');
      const [one, other] = [await start(id), await start(id)];
      await one.controls.isolate(one.connection(id), { ...order(id), reason: 'maintenance' });
      await waitFor(() => other.connection(id).guard.state === 'isolated', { timeoutMs: 3_000 });
      await other.controls.release(other.connection(id), order(id));
      await waitFor(() => one.connection(id).guard.state === 'closed', { timeoutMs: 3_000 });
    });

    it('obeys the newest order, once, in whatever order they are heard', async () => {
      const id = connectionOf('late');
      const [one, other] = [await start(id), await start(id)];
      const isolate = { ...order(id), reason: 'first' };
      const release = order(id);
      await one.controls.isolate(one.connection(id), isolate);
      await one.controls.release(one.connection(id), release);
      expect(await other.controls.isolate(other.connection(id), isolate)).toBe(false);
      expect(await other.controls.release(other.connection(id), release)).toBe(true);
      await waitFor(() => other.connection(id).guard.state === 'closed');
      expect(await told(one, id, 'isolate')).toHaveLength(1);
      expect(await told(one, id, 'release')).toHaveLength(1);
    });
  });

  describe('a look at connections', () => {
    it('tells the state of the guard, the backlog by state and the longest waiting', async () => {
      const id = connectionOf('report');
      const engine = await start(id);
      await bury(engine, id, 3);
      await engine.controls.isolate(engine.connection(id), { ...order(id), reason: 'a look' });
      const events = [leadOf('a@example.org'), leadOf('b@example.org')];
      await engine.intake.take(events);
      const [report] = await engine.reports.of({ connection: id });
      expect(report).toMatchObject({ connection: id, site: 'acme', provider: 'scripted', state: 'isolated', backlog: { pending: 2, dead: 3, attempting: 0, held: 0, more: false }, checkable: false });
      expect(Date.parse(report!.oldestWaiting!)).toBeGreaterThan(Date.now() - 30_000);
      expect(report!.perSecond).toBeGreaterThan(0);
      expect(await engine.reports.of({ connection: 'nobody' })).toEqual([]);
      expect(await engine.reports.of({ site: 'other' })).toEqual([]);
    });
  });

  describe('a list of deliveries', () => {
    it('comes in pages that neither repeat nor leave out, and obeys each criterion', async () => {
      const [id, twin] = [connectionOf('list'), connectionOf('list')];
      const engine = await start(id, { connections: [{ id }, { id: twin }] });
      engine.provider(twin).behaviour = refused;
      const events = Array.from({ length: 12 }, (_, n) => leadOf(`list-${n}@example.org`, n === 0 ? 'skip me' : undefined));
      await engine.intake.take(events);
      await waitFor(async () => (await states(engine, id))['delivered'] === 11 && (await states(engine, twin))['dead'] === 11);
      const ours = { from: new Date(Date.now() - 60_000).toISOString() };
      const seen: string[] = [];
      let after: { eventId: string; service: string; connection: string; action: string } | undefined;
      for (let more = true; more; ) {
        const page = await engine.listing.page({ filter: ours, limit: 5, after });
        const last = page.deliveries.at(-1)!;
        seen.push(...page.deliveries.filter(({ connection }) => connection === id || connection === twin).map(({ eventId, connection }) => `${eventId} ${connection}`));
        after = { eventId: last.eventId, service: SERVICE, connection: last.connection, action: last.action };
        more = page.more;
      }
      expect(seen).toHaveLength(24);
      expect(new Set(seen).size).toBe(24);
      expect(seen).toEqual([...seen].sort().reverse());
      const of = async (filter: DeliveryFilter) => (await engine.listing.page({ filter, limit: 100 })).deliveries;
      expect((await of({ connection: twin, states: ['dead'] })).length).toBe(11);
      expect(await of({ connection: id, states: ['dead'] })).toEqual([]);
      expect((await of({ connection: twin, errorCode: 'REFUSED' })).length).toBe(11);
      expect((await of({ eventId: events[3]!.id })).map(({ connection }) => connection).sort()).toEqual([id, twin].sort());
      expect(await of({ connection: id, to: '2020-01-01T00:00:00Z' })).toEqual([]);
      expect((await of({ connection: id, states: ['skipped'] })).map(({ eventId }) => eventId)).toEqual([events[0]!.id]);
      expect(JSON.stringify(await of({ connection: id }))).not.toContain('example.org');
    });

    it('goes on after a page of another service at the same event', async () => {
      const id = connectionOf('merge');
      const engine = await start(id);
      const events = [leadOf('a@example.org'), leadOf('b@example.org')];
      await engine.intake.take(events);
      const [older, newer] = events.map((event) => event.id).sort();
      const after = async (service: string) =>
        (await engine.listing.page({ filter: { connection: id }, limit: 10, after: { eventId: newer!, service, connection: 'x', action: 'x' } })).deliveries.map(({ eventId }) => eventId);
      // Listed before us at this event: ours are still to come. Listed after us: ours were shown.
      expect(await after('email')).toEqual([newer, older]);
      expect(await after('calendar')).toEqual([older]);
    });
  });
});
