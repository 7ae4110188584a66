import { randomBytes } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createEvent, EXAMPLES, type PosthornEvent } from '@posthorn/contracts';
import { Metrics } from '@posthorn/observability';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditSection } from '../config.js';
import { entryOfEvent } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, AUDITOR, startAudit } from '../testing/audit.test-kit.js';
import { KeyRewrapper } from './key.rewrapper.js';
import { KeyVault } from './key.vault.js';

const PEOPLE = 1_200;
const key = (id: string) => ({ id, key: randomBytes(32) });
const [first, second, third, fourth] = [key('first'), key('second'), key('third'), key('fourth')];
const lookupKey = randomBytes(32);

let audit: AuditFixture;
beforeAll(async () => {
  audit = await startAudit({}, { encryption: { keys: [first], lookupKey } });
  await record(audit.app, Array.from({ length: PEOPLE }, (_, n) => leadOf(`person-${n}@example.com`)));
});
afterAll(async () => {
  await audit.stop();
});

const leadOf = (email: string): PosthornEvent => createEvent({ site: 'acme', type: 'lead.submitted', data: { ...EXAMPLES['lead.submitted'], person: { email } } });
const record = (app: NestFastifyApplication, events: PosthornEvent[]): Promise<number> => app.get(EntryWriter).append(events.map(entryOfEvent));
const keysBy = (id: string): Promise<{ pseudonym: string; wrapped_key: Buffer; key_id: string }[]> => audit.superuser.query('SELECT pseudonym, wrapped_key, key_id FROM people WHERE key_id = $1', [id]);
const outdated = async (app: NestFastifyApplication, id: string): Promise<number> => Number(new RegExp(`^posthorn_audit_outdated_people_keys\\{key="${id}"\\} (\\d+)$`, 'm').exec(await app.get(Metrics).registry.metrics())?.[1]);

async function shownBy(app: NestFastifyApplication): Promise<string> {
  return (await fetch(`${await app.getUrl()}/v1/entries?limit=500`, { headers: { authorization: `Bearer ${AUDITOR}` } })).text();
}

describe('a key that is replaced', () => {
  it('wraps nobody\'s key any more, and what was sealed is read as before', async () => {
    const replica = await audit.replica({ encryption: { keys: [second, first], lookupKey } });
    await replica.get(KeyRewrapper).rewrap();
    expect([(await keysBy('first')).length, (await keysBy('second')).length]).toEqual([0, PEOPLE]);
    expect(await outdated(replica, 'first')).toBe(0);
    await replica.close();

    const without = await audit.replica({ encryption: { keys: [second], lookupKey } });
    expect(await shownBy(without)).toContain('person-1199@example.com');
    await record(without, [leadOf('person-7@example.com')]);
    expect((await keysBy('second')).length).toBe(PEOPLE);
    await without.close();
  });

  it('is what a backup from before needs: with it destroyed, the backup cannot be read', async () => {
    const backup = await keysBy('second');
    const replica = await audit.replica({ encryption: { keys: [third, second], lookupKey } });
    await replica.get(KeyRewrapper).rewrap();
    await replica.close();
    const now = await keysBy('third');
    expect(now).toHaveLength(backup.length);

    const vault = new KeyVault([third], lookupKey);
    for (const { pseudonym, wrapped_key: wrapped, key_id: keyId } of backup) {
      expect(() => vault.unwrap({ wrapped, keyId }, pseudonym)).toThrow('ENCRYPTION_KEY_MISSING');
      expect(() => vault.unwrap({ wrapped, keyId: 'third' }, pseudonym)).toThrow('ENCRYPTION_KEY_WRONG');
    }
    for (const { pseudonym, wrapped_key: wrapped, key_id: keyId } of now) expect(vault.unwrap({ wrapped, keyId }, pseudonym)).toHaveLength(32);
  });
});

describe('wrapping keys anew', () => {
  it('is shared by replicas, and leaves alone who is erased or sealed for meanwhile', async () => {
    const encryption: AuditSection['encryption'] = { keys: [fourth, third], lookupKey };
    const [a, b] = await Promise.all([audit.replica({ encryption }), audit.replica({ encryption })]);
    const erased = (await keysBy('third')).slice(0, 50).map(({ pseudonym }) => pseudonym);
    await Promise.all([
      a.get(KeyRewrapper).rewrap(),
      b.get(KeyRewrapper).rewrap(),
      audit.role.query('DELETE FROM people WHERE pseudonym = ANY($1::uuid[])', [erased]),
      record(a, Array.from({ length: 300 }, (_, n) => leadOf(`person-${n}@example.com`))),
    ]);
    await a.get(KeyRewrapper).rewrap();
    expect(await keysBy('third')).toEqual([]);
    expect((await keysBy('fourth')).some(({ pseudonym }) => erased.includes(pseudonym))).toBe(false);
    expect(await shownBy(a)).toContain('person-299@example.com');
    await Promise.all([a.close(), b.close()]);
  });

  it('says which key is missing, and wraps what it can', async () => {
    const replica = await audit.replica({ encryption: { keys: [key('fifth')], lookupKey } });
    await record(replica, [leadOf('new@example.com')]);
    await expect(replica.get(KeyRewrapper).rewrap()).rejects.toThrow('ENCRYPTION_KEY_MISSING: keys of people were wrapped with "fourth"');
    expect(await outdated(replica, 'fourth')).toBeGreaterThan(1_000);
    await replica.close();
  });
});
