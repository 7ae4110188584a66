import { conditionsOf, type EntryFilter, firstIdOf } from './entry.filter.js';

type Column = 'site' | 'type' | 'kind' | 'service' | 'connection' | 'outcome' | 'actor' | 'event_id' | 'person' | 'correlation';

/** An index whose entries of one value, or pair of values, lie in the order of time. */
interface Way {
  columns: readonly Column[];
  filters: readonly (keyof EntryFilter)[];
  /** Whatever else is asked for: so few entries have one such value that all of them can be looked at. */
  narrow?: true | ((filter: EntryFilter) => boolean);
  /** May be asked for besides: it says nothing more, as a connection is one site's. */
  implied?: keyof EntryFilter;
  /** The index is of these values alone. */
  only?: readonly string[];
}

const RARE_KINDS = ['operation', 'access'];
const way = (columns: readonly Column[], filters: readonly (keyof EntryFilter)[], more: Omit<Way, 'columns' | 'filters'> = {}): Way => ({ columns, filters, ...more });

// The first that fits. Where none does, several filters without an index of their own, Postgres chooses.
const WAYS: readonly Way[] = [
  way(['event_id'], ['event'], { narrow: true }),
  way(['correlation'], ['correlation'], { narrow: true }),
  way(['person'], ['person'], { narrow: true }),
  way(['actor'], ['actor'], { narrow: true }),
  way(['connection'], ['connection'], { implied: 'site' }),
  way(['outcome'], ['outcome'], { narrow: ({ outcome }) => outcome !== 'delivered' }),
  way(['site', 'type'], ['site', 'type']),
  way(['site'], ['site']),
  way(['type'], ['type']),
  way(['service'], ['service']),
  way(['kind'], ['kind'], { only: RARE_KINDS }),
];
/** Of kinds, most entries are events and outcomes, and whatever else is asked for is looked at first. */
const INDEXED = WAYS.filter(({ only }) => only === undefined).flatMap(({ filters }) => filters);
const SPARSE: ReadonlySet<Column> = new Set(['service', 'connection', 'outcome', 'actor', 'event_id', 'person']);
const [LEAST, MOST] = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];

/** What a page of entries has to fulfil, and its order: the newest first. */
export interface NewestFirst {
  where: string;
  order: string;
  params: unknown[];
}

/**
 * The newest entries that pass all of the filter but the text; with `before`, only older ones. `site` is where in the
 * statement a site stands that is no parameter.
 *
 * Asked for one connection's newest entries, Postgres would go through everybody's from the newest on and expect to
 * meet some soon: of a connection that has been silent for a year it meets none for millions. Compared as a pair, and
 * ordered by the pair, only the index with the pair will do, and it holds them side by side.
 */
export function newestFirst(filter: EntryFilter, before?: string, site?: string): NewestFirst {
  const asked = (name: keyof EntryFilter): boolean => filter[name] !== undefined || (name === 'site' && site !== undefined);
  const alone = ({ filters, implied }: Way): boolean => INDEXED.every((name) => filters.includes(name) || name === implied || !asked(name));
  const narrow = (one: Way): boolean => (typeof one.narrow === 'function' ? one.narrow(filter) : one.narrow === true);
  const found = WAYS.find((one) => one.filters.every(asked) && (narrow(one) || alone(one)) && (one.only === undefined || one.only.includes(String(filter.kind))));
  if (found === undefined) return anyWay(filter, before, site);
  const { columns, filters, only = [] } = found;
  const { clauses, params } = conditionsOf(filter, [...filters, 'from', 'to']);
  if (site !== undefined && !filters.includes('site')) clauses.push(`site = ${site}`);
  const values = filters.map((name) => (name === 'site' && site !== undefined ? site : `$${params.push(filter[name])}`));
  const edge = (compared: string, id: string): string => `(${[...columns, 'id'].join(', ')}) ${compared} (${[...values, `$${params.push(id)}::uuid`].join(', ')})`;
  const ends = [before, filter.to === undefined ? undefined : firstIdOf(filter.to)].filter((id) => id !== undefined).sort();
  const span = [edge('>=', filter.from === undefined ? LEAST : firstIdOf(filter.from)), edge('<', ends[0] ?? MOST)];
  const there = [...columns.filter((column) => SPARSE.has(column)).map((column) => `${column} IS NOT NULL`), ...(only.length === 0 ? [] : [`kind IN ('${only.join("', '")}')`])];
  return { where: [...clauses, ...span, ...there].join(' AND '), order: `ORDER BY ${[...columns, 'id'].map((column) => `${column} DESC`).join(', ')}`, params };
}

function anyWay(filter: EntryFilter, before: string | undefined, site: string | undefined): NewestFirst {
  const { clauses, params } = conditionsOf(filter);
  if (site !== undefined) clauses.push(`site = ${site}`);
  if (before !== undefined) clauses.push(`id < $${params.push(before)}`);
  return { where: clauses.join(' AND '), order: 'ORDER BY id DESC', params };
}
