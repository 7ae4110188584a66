import { newId } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisionedDatabase } from '../ledger.test-kit.js';
import { firstIdAt } from './id.range.js';
import { IdTable } from './id.table.js';

const MINUTE = 60_000;
const NOW = Date.now();
const PER_MINUTE = 200;
const MINUTES = 500;

let database: Database;
let ledger: IdTable;

// Eight hours of a busy site: what a comparison of one minute costs must not depend on them.
beforeAll(async () => {
  const test = await provisionedDatabase();
  database = new Database({ url: test.urlFor('ledger_test'), schema: 'ledger_test', service: 'test' });
  await database.ready();
  ledger = new IdTable(database, { table: 'ledger', id: 'id' });
  await database.query(
    `INSERT INTO ledger (id, site, type, subject, envelope, accepted_at)
     SELECT (left(time, 8) || '-' || right(time, 4) || '-7' || substr(noise, 1, 3) || '-8' || substr(noise, 4, 3) || '-' || substr(noise, 7, 12))::uuid,
            'acme', 'lead.submitted', 'events.acme.lead.submitted', '{}', now()
       FROM (SELECT lpad(to_hex($1::bigint - n * $2::bigint), 12, '0') AS time, md5(n::text) AS noise FROM generate_series(1, $3) AS n) AS made`,
    [NOW, MINUTE / PER_MINUTE, PER_MINUTE * MINUTES],
  );
});
afterAll(() => database.close());

const minutesAgo = (minutes: number): string => firstIdAt(NOW - minutes * MINUTE);

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Actual Rows': number;
  Plans?: Plan[];
}

async function plansOf(from: string, until: string, types?: string[]): Promise<Plan[]> {
  const table = new IdTable(database, { table: 'ledger', id: 'id', types });
  const [row] = await database.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${table.minutesStatement()}`, [from, until, ...(types === undefined ? [] : [types])]);
  const flatten = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flatten)];
  return flatten(row!['QUERY PLAN'][0]!.Plan);
}

describe('a digest', () => {
  it('says the same as a count by hand', async () => {
    const ids = await ledger.ids({ from: minutesAgo(3), until: minutesAgo(1) });
    const expected = new Map<number, { minute: number; count: number; xor: bigint }>();
    for (const id of ids) {
      const hex = id.replaceAll('-', '');
      const minute = Math.floor(Number.parseInt(hex.slice(0, 12), 16) / MINUTE);
      const { count, xor } = expected.get(minute) ?? { count: 0, xor: 0n };
      expected.set(minute, { minute, count: count + 1, xor: xor ^ BigInt(`0x${hex.slice(16)}`) });
    }
    const digest = await ledger.minutes({ from: minutesAgo(3), until: minutesAgo(1) });
    expect(digest).toEqual([...expected.values()].map(({ xor, ...rest }) => ({ ...rest, xor: xor.toString(16).padStart(16, '0') })));
    expect(digest.reduce((sum, { count }) => sum + count, 0)).toBe(2 * PER_MINUTE);
  });

  it('of a minute reads that minute from an index, however much there is beside it', async () => {
    const plans = await plansOf(minutesAgo(251), minutesAgo(250));
    expect(plans.filter(({ 'Node Type': type }) => type === 'Seq Scan')).toEqual([]);
    const [fromIndex] = plans.filter(({ 'Index Name': name }) => name === 'ledger_pkey');
    expect(fromIndex?.['Actual Rows']).toBe(PER_MINUTE);
    expect(Math.max(...plans.map((plan) => plan['Actual Rows']))).toBe(PER_MINUTE);
  });

  it('of some types is of these alone, and from the same index', async () => {
    await database.query("UPDATE ledger SET type = 'order.paid' WHERE id IN (SELECT id FROM ledger WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 50)", [minutesAgo(400), minutesAgo(399)]);
    const range = { from: minutesAgo(400), until: minutesAgo(399) };
    const orders = new IdTable(database, { table: 'ledger', id: 'id', types: ['order.paid'] });
    expect((await orders.minutes(range)).reduce((sum, { count }) => sum + count, 0)).toBe(50);
    expect(await orders.ids(range)).toEqual((await ledger.ids(range)).slice(0, 50));
    const plans = await plansOf(range.from, range.until, ['order.paid']);
    expect(plans.filter(({ 'Node Type': type }) => type === 'Seq Scan')).toEqual([]);
    expect(Math.max(...plans.map((plan) => plan['Actual Rows']))).toBeLessThanOrEqual(PER_MINUTE + 50);
  });

  it('of a quiet minute reads nothing', async () => {
    const plans = await plansOf(firstIdAt(NOW + 5 * MINUTE), firstIdAt(NOW + 6 * MINUTE));
    expect(plans.filter(({ 'Actual Rows': rows }) => rows > 0)).toEqual([]);
    expect(await ledger.minutes({ from: firstIdAt(0), until: minutesAgo(MINUTES + 1) })).toEqual([]);
  });
});

describe('the ids of a book', () => {
  it('are those of a site and of some types, in parts that lose none', async () => {
    const range = { from: minutesAgo(3), until: minutesAgo(1) };
    const all = await ledger.ids(range);
    expect(await ledger.book({ ...range, site: 'acme', types: ['lead.submitted', 'order.paid'] })).toEqual({ until: range.until, ids: all });
    expect(await ledger.book({ ...range, site: 'other' })).toEqual({ until: range.until, ids: [] });
    expect(await ledger.book({ ...range, types: ['order.paid'] })).toEqual({ until: range.until, ids: [] });
    const first = await ledger.book(range, 150);
    const rest = await ledger.book({ ...range, from: first.until }, 10_000);
    expect(first.ids).toHaveLength(150);
    expect([...first.ids, ...rest.ids]).toEqual(all);
  });
});

describe('a range', () => {
  it('is cut where it would hold too many, and loses none by it', async () => {
    const until = minutesAgo(0);
    const parts: string[][] = [];
    for (let from = minutesAgo(10); from !== until; ) {
      const end = await ledger.endOf({ from, until }, 300);
      parts.push(await ledger.ids({ from, until: end }));
      from = end;
    }
    expect(parts.map(({ length }) => length)).toEqual([300, 300, 300, 300, 300, 300, 200]);
    expect(new Set(parts.flat()).size).toBe(10 * PER_MINUTE);
  });

  it('that holds little is not cut, however long it is', async () => {
    expect(await ledger.endOf({ from: firstIdAt(0), until: minutesAgo(MINUTES) }, 300)).toBe(minutesAgo(MINUTES));
  });
});

describe('what is missing', () => {
  it('is what the table does not have', async () => {
    const [known = ''] = await ledger.ids({ from: minutesAgo(1), until: minutesAgo(0) });
    const unknown = newId();
    expect(await ledger.missing([unknown, known])).toEqual([unknown]);
    expect(await ledger.missing([])).toEqual([]);
  });
});
