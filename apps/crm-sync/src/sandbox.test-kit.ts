/** What a test sees of the sandbox: its sockets, nothing else. */
export interface TestSandbox {
  url: string;
  stop(): Promise<void>;
}

export const TOKEN = 'pat-test-token';

/** Apps share no code, so the sandbox is named by its place and not imported by it. */
export async function startSandbox(): Promise<TestSandbox> {
  const kit = new URL('../../sandbox/src/sandbox.test-kit.ts', import.meta.url).pathname;
  const { startSandbox: start } = (await import(/* @vite-ignore */ kit)) as { startSandbox(): Promise<TestSandbox> };
  return start();
}

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

export async function recordsOf({ url }: TestSandbox): Promise<HubSpotRecords> {
  return (await fetch(`${url}/sandbox/records/hubspot`)).json() as Promise<HubSpotRecords>;
}

export async function setFault({ url }: TestSandbox, fault: Record<string, unknown>): Promise<void> {
  await fetch(`${url}/sandbox/faults/hubspot`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fault) });
}

export async function clear({ url }: TestSandbox): Promise<void> {
  await fetch(`${url}/sandbox/faults`, { method: 'DELETE' });
  await fetch(`${url}/sandbox/records/hubspot`, { method: 'DELETE' });
}
