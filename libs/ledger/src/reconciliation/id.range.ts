/** Ids from `from` on, up to but not including `until`. */
export interface IdRange {
  from: string;
  until: string;
}

/** The smallest UUIDv7 of a millisecond: ids ascend with time, so no index on the time is needed. */
export function firstIdAt(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

export function later(a: string, b: string): string {
  return a > b ? a : b;
}

export function earlier(a: string, b: string): string {
  return a < b ? a : b;
}
