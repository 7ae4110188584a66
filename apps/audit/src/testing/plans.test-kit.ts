import { Database, type PreparedStatement } from '@posthorn/persistence';
import { vi } from 'vitest';
import type { AuditFixture } from './audit.test-kit.js';

/** The statements with a limit that had to sort all they might read while `work` was done, as no index has it in their order. */
export async function sortsDuring({ app, superuser }: AuditFixture, work: () => Promise<unknown>): Promise<string[]> {
  const asked = vi.spyOn(app.get(Database), 'query');
  await work();
  const statements = new Map(asked.mock.calls.map(([statement, params]) => [textOf(statement), params ?? []]));
  asked.mockRestore();
  return superuser.transaction(async (tx) => {
    // Where there is little to read, sorting is cheap: so it is forbidden, and done only where there is no other way.
    for (const way of ['sort', 'incremental_sort', 'seqscan', 'bitmapscan']) await tx.query(`SET LOCAL enable_${way} = off`);
    const sorting: string[] = [];
    for (const [text, params] of statements) {
      if (!/^\s*SELECT\b.*\bORDER BY\b[^()]*\bLIMIT \S+\s*$/is.test(text)) continue;
      const rows = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, params);
      if (rows.some((row) => row['QUERY PLAN'].includes('Sort Key'))) sorting.push(text);
    }
    return sorting;
  });
}

const textOf = (statement: string | PreparedStatement): string => (typeof statement === 'string' ? statement : statement.text);
