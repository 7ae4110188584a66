import { Database, type PreparedStatement } from '@posthorn/persistence';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuditFixture, startAudit } from '../testing/audit.test-kit.js';
import { Auditor } from './auditor.js';
import { entriesQueryOf } from './entries.query.js';
import { EntryReader } from './entry.reader.js';

const NOISE = 20_000;
const [BEGAN, LOUD] = [1_700_000_000_000, idAt(NOISE / 2 + 1)];
let audit: AuditFixture;

beforeAll(async () => {
  audit = await startAudit();
  // Half of all entries are of a site that has been silent since; the other half are newer, and of another.
  for (let from = 1; from <= NOISE; from += 5_000) await audit.superuser.query(`
    INSERT INTO entries (position, id, kind, site, type, service, connection, outcome, actor, event_id, correlation, causation, person, recorded_at, leaf)
    SELECT n, id, CASE WHEN old AND n % 100 = 0 THEN 'operation' ELSE 'outcome' END, CASE WHEN old THEN 'silent' ELSE 'loud' END, CASE WHEN old THEN 'crm.contact.synced' ELSE 'email.message.sent' END,
           CASE WHEN old THEN 'crm-sync' ELSE 'email' END, CASE WHEN old THEN 'silent-crm' ELSE 'loud-mail' END, CASE WHEN old THEN 'deferred' ELSE 'delivered' END,
           CASE WHEN old THEN 'operator' END, id, CASE WHEN old THEN 'visit-1' ELSE 'visit-2' END, NULL, CASE WHEN old THEN '00000000-0000-4000-8000-000000000001'::uuid END, now(),
           json_build_object('v', 1, 'position', n, 'recordedAt', now(), 'kind', 'outcome', 'envelope', json_build_object('id', id, 'site', CASE WHEN old THEN 'silent' ELSE 'loud' END, 'type', 'x.y', 'data', '{}'::json))::text
      FROM (SELECT n, n <= ${NOISE / 2} AS old, (lpad(to_hex(${BEGAN} + n), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid AS id FROM generate_series($1::int, $1::int + 4999) AS n) AS numbered`, [from]);
  await audit.superuser.query('ANALYZE entries');
}, 60_000);
afterAll(async () => {
  await audit.stop();
});

/** The entries, and how many rows of the log Postgres looks at to find them. */
async function asked(question: string, { before, sites }: { before?: string; sites?: string[] } = {}): Promise<{ ids: string[]; read: number }> {
  const query = vi.spyOn(audit.app.get(Database), 'query');
  const { limit, ...filter } = entriesQueryOf(Object.fromEntries(new URLSearchParams(question)));
  const entries = await audit.app.get(EntryReader).page(new Auditor({ id: 'auditor', scopes: [], grants: [{ sites, scopes: [] }] }), filter, limit, before);
  const [statement = '', params = []] = query.mock.calls[0] ?? [];
  query.mockRestore();
  const [row] = await audit.superuser.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${textOf(statement)}`, params);
  return { ids: entries.map(({ envelope }) => envelope.id), read: row === undefined ? Number.NaN : rowsIn(row['QUERY PLAN'][0].Plan) };
}

const QUESTIONS = ['site=silent', 'type=crm.contact.synced', 'site=silent&type=crm.contact.synced', 'service=crm-sync', 'connection=silent-crm', 'connection=silent-crm&site=silent', 'outcome=deferred', 'outcome=deferred&site=silent', 'actor=operator', 'correlation=visit-1', 'person=00000000-0000-4000-8000-000000000001', 'kind=operation', 'site=silent&to=2023-11-14T22:13:25Z'];

describe('the newest entries', () => {
  it.each(QUESTIONS)('of %s are found without going through everybody else\'s, however long nothing was heard', async (question) => {
    const { ids, read } = await asked(`${question}&limit=50`);
    expect(ids).toHaveLength(50);
    expect(ids).toEqual(ids.toSorted().toReversed());
    expect(read).toBeLessThan(1_000);
  });

  it.each(QUESTIONS)('of %s follow each other from page to page at the same price', async (question) => {
    const first = await asked(`${question}&limit=60`);
    const second = await asked(`${question}&limit=30`, { before: first.ids[29] });
    expect(second.ids).toEqual(first.ids.slice(30));
    expect(second.read).toBeLessThan(1_000);
  });

  it.each(QUESTIONS)('of %s are not shown to an auditor of other sites', async (question) => {
    expect((await asked(question.replace('site=silent&', '').replace(/&?site=silent/, ''), { sites: ['loud', 'quiet'] })).ids.filter((id) => id < LOUD)).toEqual([]);
  });
});

interface Plan {
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

function rowsIn({ 'Actual Rows': rows, 'Actual Loops': loops, 'Rows Removed by Filter': removed = 0, Plans = [] }: Plan): number {
  return (rows + removed) * loops + Plans.reduce((sum, plan) => sum + rowsIn(plan), 0);
}

const textOf = (statement: string | PreparedStatement): string => (typeof statement === 'string' ? statement : statement.text);

function idAt(number: number): string {
  return `${(1_700_000_000_000 + number).toString(16).padStart(12, '0').replace(/^(.{8})/, '$1-')}-7000-8000-000000000000`;
}
