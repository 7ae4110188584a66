/** What a test sees of the sandbox: its sockets, nothing else. */
export interface TestSandbox {
  url: string;
  stop(): Promise<void>;
}

export const ACCOUNT = { username: 'acme', password: 'calendar-secret' };

/** Apps share no code, so the sandbox is named by its place and not imported by it. */
export async function startSandbox(): Promise<TestSandbox> {
  const kit = new URL('../../sandbox/src/sandbox.test-kit.ts', import.meta.url).pathname;
  const { startSandbox: start } = (await import(/* @vite-ignore */ kit)) as { startSandbox(): Promise<TestSandbox> };
  return start();
}

export interface StoredResource {
  href: string;
  etag: string;
  ics: string;
}

export async function resourcesOf({ url }: TestSandbox): Promise<StoredResource[]> {
  const { resources } = (await (await fetch(`${url}/sandbox/records/calendar`)).json()) as { resources: StoredResource[] };
  return resources;
}

export async function setFault({ url }: TestSandbox, fault: Record<string, unknown>): Promise<void> {
  await fetch(`${url}/sandbox/faults/caldav`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fault) });
}

export async function clear({ url }: TestSandbox): Promise<void> {
  await fetch(`${url}/sandbox/faults`, { method: 'DELETE' });
  await fetch(`${url}/sandbox/records/calendar`, { method: 'DELETE' });
}
