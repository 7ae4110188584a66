import type { CallRecord } from './hubspot.types.js';

const KEPT = 50_000;

// A path may name a contact by its address, as it is or encoded.
const ADDRESS = /[^/?&=\s]+(?:@|%40)[^/?&=\s]+/gi;

/** Every call that reached the simulated HubSpot, the newest last; the oldest are dropped past a limit. It names nobody, so it has nothing to forget. */
export class CallList {
  private records: CallRecord[] = [];

  begin(call: Omit<CallRecord, 'status'>): CallRecord {
    const record: CallRecord = { ...call, path: withoutAddresses(call.path), status: null };
    if (this.records.length >= KEPT) this.records = this.records.slice(KEPT / 10);
    this.records.push(record);
    return record;
  }

  all(): readonly CallRecord[] {
    return this.records;
  }

  clear(): void {
    this.records = [];
  }
}

/** Few paths name anybody, and the pattern tries each of their letters. */
function withoutAddresses(path: string): string {
  return path.includes('@') || path.includes('%40') ? path.replace(ADDRESS, '[address]') : path;
}
