/** One service's day of a site, counted in events. */
export interface BookFigures {
  service: string;
  site: string;
  day: string;
  accepted: number;
  delivered: number;
  inProgress: number;
  held: number;
  dead: number;
  skipped: number;
  missing: number;
}

const FIGURES = ['accepted', 'delivered', 'inProgress', 'held', 'dead', 'skipped', 'missing'] as const;

/** Asks audit for the books as an auditor does. */
export async function booksSaid(auditUrl: string, auditorKey: string, from: string, until: string): Promise<BookFigures[]> {
  const response = await fetch(`${auditUrl}/v1/books?from=${from}&until=${until}`, { headers: { authorization: `Bearer ${auditorKey}` } });
  if (!response.ok) throw new Error(`GET /v1/books answered ${response.status}`);
  return ((await response.json()) as { books: BookFigures[] }).books;
}

/** What is wrong with the books: what they lack, and where they say something else than the tables. Pure. */
export function bookComplaints(said: readonly BookFigures[], counted: readonly BookFigures[]): string[] {
  const nameOf = ({ service, site, day }: BookFigures): string => `the book of ${service} for ${site} on ${day}`;
  const unsaid = new Map(said.map((book) => [nameOf(book), book]));
  const complaints = counted.flatMap((truth) => {
    const name = nameOf(truth);
    const book = unsaid.get(name);
    unsaid.delete(name);
    if (book === undefined) return [`${name} is not kept`];
    const wrong = FIGURES.filter((figure) => book[figure] !== truth[figure]).map((figure) => `${figure} ${book[figure]} and not ${truth[figure]}`);
    return [...(truth.missing === 0 ? [] : [`${name} does not balance: ${truth.missing} are missing`]), ...(wrong.length === 0 ? [] : [`${name} says ${wrong.join(', ')}`])];
  });
  return [...complaints, ...[...unsaid.keys()].map((name) => `${name} is of nothing that was accepted`)];
}
