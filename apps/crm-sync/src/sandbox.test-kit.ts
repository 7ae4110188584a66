import { type TestSandbox } from '@posthorn/delivery/test-kit';

export { startSandbox, type TestSandbox } from '@posthorn/delivery/test-kit';

export const TOKEN = 'pat-test-token';

export interface HubSpotRecords {
  contacts: StoredRecord[];
  notes: StoredRecord[];
  deals: StoredRecord[];
  calls: { method: string; path: string; status: number | null; traceparent?: string }[];
}

export interface StoredRecord {
  id: string;
  properties: Record<string, string | null>;
  associations?: Record<string, unknown>;
}

export const recordsOf = (sandbox: TestSandbox): Promise<HubSpotRecords> => sandbox.recordsOf<HubSpotRecords>('hubspot');

export const setFault = (sandbox: TestSandbox, fault: Record<string, unknown>): Promise<void> => sandbox.setFault('hubspot', fault);

export const clear = (sandbox: TestSandbox): Promise<void> => sandbox.clear('hubspot');
