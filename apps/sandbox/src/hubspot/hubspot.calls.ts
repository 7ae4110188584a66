import type { CallRecord } from './hubspot.types.js';

const KEPT = 50_000;

/** Every call that reached the simulated HubSpot, the newest last; the oldest are dropped past a limit. */
export class CallList {
  private records: CallRecord[] = [];

  begin(call: Omit<CallRecord, 'status'>): CallRecord {
    const record: CallRecord = { ...call, status: null };
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
