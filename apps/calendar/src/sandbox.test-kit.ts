import { type TestSandbox } from '@posthorn/delivery/test-kit';

export { startSandbox, type TestSandbox } from '@posthorn/delivery/test-kit';

export const ACCOUNT = { username: 'acme', password: 'calendar-secret' };

export interface StoredResource {
  href: string;
  etag: string;
  ics: string;
}

export async function resourcesOf(sandbox: TestSandbox): Promise<StoredResource[]> {
  return (await sandbox.recordsOf<{ resources: StoredResource[] }>('calendar')).resources;
}

export const setFault = (sandbox: TestSandbox, fault: Record<string, unknown>): Promise<void> => sandbox.setFault('caldav', fault);

export const clear = (sandbox: TestSandbox): Promise<void> => sandbox.clear('calendar');
