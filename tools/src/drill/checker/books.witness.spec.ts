import { describe, expect, it } from 'vitest';
import { bookComplaints, type BookFigures } from './books.witness.js';

const book = (over: Partial<BookFigures> = {}): BookFigures => ({ service: 'email', site: 'acme', day: '2026-11-22', accepted: 10, delivered: 8, inProgress: 0, held: 1, dead: 0, skipped: 1, missing: 0, ...over });

describe('the checker of the books', () => {
  it('has nothing to say where audit and the tables agree, and nothing is missing', () => {
    expect(bookComplaints([book()], [book()])).toEqual([]);
  });

  it('names what is missing, also where audit says so too', () => {
    expect(bookComplaints([book({ delivered: 7, missing: 1 })], [book({ delivered: 7, missing: 1 })])).toEqual(['the book of email for acme on 2026-11-22 does not balance: 1 are missing']);
  });

  it('does not believe a book that balances with other numbers', () => {
    expect(bookComplaints([book({ delivered: 9, held: 0 })], [book()])).toEqual(['the book of email for acme on 2026-11-22 says delivered 9 and not 8, held 0 and not 1']);
  });

  it('notices a book that is not kept, and one of nothing', () => {
    expect(bookComplaints([book({ day: '2026-11-21' })], [book()])).toEqual(['the book of email for acme on 2026-11-22 is not kept', 'the book of email for acme on 2026-11-21 is of nothing that was accepted']);
  });
});
