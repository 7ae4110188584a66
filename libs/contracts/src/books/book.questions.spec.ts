import { describe, expect, it } from 'vitest';
import { bookIdsSubject, bookPage, bookQuestion, ContractError, MAX_BOOK_ROWS } from '../index.js';

describe('a question about the books', () => {
  it('is about 1 to 31 days that exist', () => {
    const asks = (from: string, until: string): boolean => bookQuestion.safeParse({ from, until }).success;
    expect(asks('2026-03-01', '2026-03-01')).toBe(true);
    expect(asks('2026-03-01', '2026-03-31')).toBe(true);
    expect(asks('2026-03-01', '2026-04-01')).toBe(false);
    expect(asks('2026-03-02', '2026-03-01')).toBe(false);
    expect(asks('2026-02-30', '2026-03-01')).toBe(false);
  });

  it('has a subject of its own for each service, which cannot be a wildcard', () => {
    expect(bookIdsSubject('crm-sync')).toBe('posthorn.books.ids.crm-sync');
    expect(() => bookIdsSubject('*')).toThrow(ContractError);
  });
});

describe('a page of a book', () => {
  const row = (day: string, site: string, type: string) => ({ day, site, type });
  const rows = [row('2026-03-01', 'acme', 'a.b'), row('2026-03-01', 'other', 'a.b'), row('2026-03-01', 'other', 'c.d'), row('2026-03-02', 'acme', 'a.b')];

  it('is everything where that fits', () => {
    expect(bookPage(rows)).toEqual({ rows, more: false });
    expect(bookPage(rows, 4)).toEqual({ rows, more: false });
  });

  it('never divides the day of a site', () => {
    expect(bookPage(rows, 3)).toEqual({ rows: rows.slice(0, 3), more: true });
    expect(bookPage(rows, 2)).toEqual({ rows: rows.slice(0, 1), more: true });
  });

  it('fits into a message of NATS', () => {
    const longest = { day: '2026-03-01', site: 's'.repeat(63), type: `a.${'t'.repeat(40)}`, delivered: 1e6, inProgress: 1e6, held: 1e6, dead: 1e6, skipped: 1e6, erased: 1e6 };
    expect(MAX_BOOK_ROWS * JSON.stringify(longest).length).toBeLessThan(1_048_576);
  });
});
