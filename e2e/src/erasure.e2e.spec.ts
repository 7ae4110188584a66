import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EXAMPLES } from '@posthorn/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

const POSTHORN = fileURLToPath(new URL('../../apps/cli/bin/posthorn.mjs', import.meta.url));
const ADA = 'ada.forgotten@example.com';
const WAIT_SECONDS = '120';

interface Told {
  right: boolean;
  proven: number;
  unsigned: number;
  certificate: { state: string; events: number; requests: { places: { place: string; state: string; connections: { connection: string; state: string }[] }[] }[]; remains: { what: string }[] };
}

describe('a person who wants to be forgotten', () => {
  const posthorn = sharedPosthorn();
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-erasure-'));
  const address = join(folder, 'address.txt');
  beforeAll(() => writeFileSync(address, ADA));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...args: string[]): Promise<string> {
    const env = { ...process.env, HOME: folder, POSTHORN_HOME: posthorn.address.home };
    const { stdout } = await promisify(execFile)(process.execPath, [POSTHORN, ...args], { cwd: folder, env });
    return stdout;
  }

  it('is given all that is known of them, is erased everywhere, and has a certificate that is proven entry by entry', async () => {
    const person = { ...EXAMPLES['lead.submitted'].person, email: ADA, name: 'Ada Forgotten' };
    const lead = await posthorn.send('lead.submitted', { ...EXAMPLES['lead.submitted'], person });
    const order = await posthorn.send('order.paid', { ...EXAMPLES['order.paid'], orderId: 'forgotten-1', person });
    const visit = await posthorn.send('appointment.booked', { ...EXAMPLES['appointment.booked'], appointmentId: 'forgotten-1', person });
    const other = await posthorn.send('lead.submitted', { ...EXAMPLES['lead.submitted'], person: { email: 'bob.remembered@example.com' } });
    await Promise.all([posthorn.outcomesOf(lead.id, 3), posthorn.outcomesOf(order.id, 2), posthorn.outcomesOf(visit.id, 2), posthorn.outcomesOf(other.id, 3)]);

    await run('privacy', 'export', 'ada.html', '--site', 'acme', '--file', address);
    const page = readFileSync(join(folder, 'ada.html'), 'utf8');
    for (const known of [ADA, 'Ada Forgotten', lead.id, order.id, visit.id, 'acme-hubspot']) expect(page).toContain(known);
    expect(page).not.toContain('bob.remembered');

    const { id, events } = JSON.parse(await run('privacy', 'erase', '--file', address, '--yes', '--json')) as { id: string; events: number };
    expect(events).toBe(3);
    const told = JSON.parse(await run('privacy', 'certificate', id, '--wait', WAIT_SECONDS, '--json')) as Told;
    expect(told).toMatchObject({ right: true, unsigned: 0, certificate: { state: 'certified', events: 3 } });
    const places = told.certificate.requests.flatMap((request) => request.places);
    expect(Object.fromEntries(places.map(({ place, state }) => [place, state]))).toEqual({ audit: 'erased', ingress: 'erased', 'crm-sync': 'erased', email: 'erased', calendar: 'erased' });
    expect(told.certificate.remains.map(({ what }) => what)).toEqual(['mails-sent', 'provider-backups', 'database-backups']);
    expect(told.proven).toBeGreaterThanOrEqual(7);

    const { contacts } = await posthorn.records('hubspot');
    expect(JSON.stringify(contacts)).not.toMatch(/forgotten/i);
    expect(JSON.stringify(contacts)).toContain('bob.remembered@example.com');
    const entries = await posthorn.entries({ event: lead.id, kind: 'event' });
    expect(entries).toMatchObject([{ id: lead.id, personalData: 'erased' }]);
    expect(JSON.stringify(entries)).not.toMatch(/forgotten/i);
    expect(await posthorn.entries({ event: other.id, kind: 'event' })).toMatchObject([{ personalData: 'shown' }]);
    await posthorn.books();
  }, 240_000);
});
