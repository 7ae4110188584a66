import type { Clock } from '../clock.js';
import type { CrmObject, ObjectType } from './hubspot.types.js';
import { invalidInput } from './hubspot.error.js';

interface Filter {
  propertyName: string;
  operator: string;
  value?: string;
  values?: string[];
  highValue?: string;
}

export interface SearchQuery {
  filterGroups?: { filters: Filter[] }[];
  query?: string;
  sorts?: (string | { propertyName: string; direction?: string })[];
  limit?: number;
  after?: string | number;
}

/** Taken off the list together: one by one, each would move all that wait. */
const PASSED_KEPT = 1_000;

/**
 * What a search sees: each change only after the lag has passed. HubSpot's own index behaves so, which is why
 * search-then-create makes duplicates there.
 */
export class SearchIndex {
  private readonly visible = new Map<string, CrmObject>();
  /** In the order in which they become visible; the first `passed` already have. */
  private waiting: { at: number; key: string; object: CrmObject | undefined }[] = [];
  private passed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly lagMs: number,
  ) {}

  /** The object is kept as it is: whoever changes it puts another. */
  put(object: CrmObject): void {
    this.wait(keyOf(object.type, object.id), object);
  }

  remove(type: ObjectType, id: string): void {
    this.wait(keyOf(type, id));
  }

  /** At once, and as though it had never been there. */
  forget(type: ObjectType, id: string): void {
    const forgotten = keyOf(type, id);
    this.visible.delete(forgotten);
    this.waiting = this.waiting.slice(this.passed).filter(({ key }) => key !== forgotten);
    this.passed = 0;
  }

  reset(objects: Iterable<CrmObject>): void {
    this.visible.clear();
    this.waiting = [];
    this.passed = 0;
    for (const object of objects) this.visible.set(keyOf(object.type, object.id), object);
  }

  search(type: ObjectType, query: SearchQuery): { total: number; page: CrmObject[]; next?: string } {
    this.catchUp();
    const groups = query.filterGroups ?? [];
    const text = query.query?.toLowerCase();
    const found = [...this.visible.values()].filter(
      (object) =>
        object.type === type &&
        (groups.length === 0 || groups.some((group) => group.filters.every((filter) => matches(object, filter)))) &&
        (!text || Object.values(object.properties).some((value) => value?.toLowerCase().includes(text))),
    );
    sort(found, query.sorts ?? []);
    const limit = query.limit ?? 10;
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) throw invalidInput('limit must be between 1 and 200');
    const start = Number(query.after ?? 0);
    const end = start + limit;
    return { total: found.length, page: found.slice(start, end), next: end < found.length ? String(end) : undefined };
  }

  private wait(key: string, object?: CrmObject): void {
    // Where nobody searches, what has become visible would pile up.
    this.catchUp();
    this.waiting.push({ at: this.clock.now() + this.lagMs, key, object });
  }

  private catchUp(): void {
    const now = this.clock.now();
    for (let next = this.waiting[this.passed]; next !== undefined && next.at <= now; next = this.waiting[this.passed]) {
      this.passed += 1;
      if (next.object) this.visible.set(next.key, next.object);
      else this.visible.delete(next.key);
    }
    if (this.passed < PASSED_KEPT) return;
    this.waiting = this.waiting.slice(this.passed);
    this.passed = 0;
  }
}

function keyOf(type: ObjectType, id: string): string {
  return `${type}:${id}`;
}

function sort(objects: CrmObject[], sorts: NonNullable<SearchQuery['sorts']>): void {
  const first = sorts[0];
  if (!first) return;
  const name = typeof first === 'string' ? first.replace(/^-/, '') : first.propertyName;
  const descending = typeof first === 'string' ? first.startsWith('-') : first.direction === 'DESCENDING';
  objects.sort((a, b) => compare(a.properties[name] ?? '', b.properties[name] ?? '') * (descending ? -1 : 1));
}

function compare(a: string, b: string): number {
  const [left, right] = [Number(a), Number(b)];
  if (a !== '' && b !== '' && !Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return a < b ? -1 : a > b ? 1 : 0;
}

function matches(object: CrmObject, filter: Filter): boolean {
  const value = object.properties[filter.propertyName] ?? undefined;
  const lower = value?.toLowerCase();
  const wanted = filter.value?.toLowerCase() ?? '';
  switch (filter.operator) {
    case 'EQ':
      return lower === wanted;
    case 'NEQ':
      return lower !== wanted;
    case 'IN':
      return (filter.values ?? []).some((candidate) => candidate.toLowerCase() === lower);
    case 'NOT_IN':
      return !(filter.values ?? []).some((candidate) => candidate.toLowerCase() === lower);
    case 'HAS_PROPERTY':
      return value !== undefined;
    case 'NOT_HAS_PROPERTY':
      return value === undefined;
    case 'CONTAINS_TOKEN':
      return lower?.includes(wanted.replaceAll('*', '')) ?? false;
    case 'GT':
      return value !== undefined && compare(value, filter.value ?? '') > 0;
    case 'GTE':
      return value !== undefined && compare(value, filter.value ?? '') >= 0;
    case 'LT':
      return value !== undefined && compare(value, filter.value ?? '') < 0;
    case 'LTE':
      return value !== undefined && compare(value, filter.value ?? '') <= 0;
    case 'BETWEEN':
      return value !== undefined && compare(value, filter.value ?? '') >= 0 && compare(value, filter.highValue ?? '') <= 0;
    default:
      throw invalidInput(`Invalid filter operator "${filter.operator}"`);
  }
}
