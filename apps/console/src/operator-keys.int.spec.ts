import { type AskedKey, OPERATE } from '@posthorn/contracts';
import { keySha256, newKeySecret } from '@posthorn/http';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsoleFixture, KEY, startConsole } from './testing/console.test-kit.js';

let console: ConsoleFixture;
beforeAll(async () => {
  console = await startConsole(['crm-sync']);
  (await console.replica('crm-sync', 'one')).on('connections', () => ({ connections: [] }));
});
afterAll(() => console.stop());

const statusWith = async (key: string): Promise<number> => (await console.call('GET', '/v1/connections', undefined, key)).status;
const ready = () => console.call<{ ready: boolean; remarks?: { name: string; reason: string }[] }>('GET', '/ready');

describe('operators whose keys were made at ingress', () => {
  const operator = newKeySecret('operator');
  const reader = newKeySecret('operator');
  const entry = (secret: string, over: Partial<AskedKey> = {}): AskedKey => ({ id: 'ada', sha256: keySha256(secret), scopes: [OPERATE], ...over });

  it('are told that it cannot be said while ingress has not been heard since the start; declared keys count, and health says so', async () => {
    expect(await statusWith(operator)).toBe(503);
    expect(await statusWith(newKeySecret('operator').replace(/.$/, '~'))).toBe(401);
    expect(await statusWith(KEY)).toBe(200);
    await waitFor(async () => (await ready()).body.remarks?.some(({ name, reason }) => name === 'keys' && reason.includes('posthorn.yaml')) === true, { describe: 'health to say it' });
    expect((await ready()).body.ready).toBe(true);
  });

  it('work once ingress says so, with the scope for it; what it says no more is refused soon', async () => {
    let keys = [entry(operator), entry(reader, { id: 'bob', scopes: ['keys:manage'] })];
    const ingress = await console.ingress(() => keys);
    await waitFor(async () => (await statusWith(operator)) === 200, { describe: 'the key to be known' });
    expect(await statusWith(reader)).toBe(403);
    expect(await statusWith(newKeySecret('operator'))).toBe(401);
    expect((await ready()).body.remarks).toBeUndefined();
    keys = [entry(reader)];
    await waitFor(async () => (await statusWith(operator)) === 401, { timeoutMs: 4_000, describe: 'the revocation to be heard' });
    expect(await statusWith(reader)).toBe(200);
    await ingress.stop();
  });

  it('go on with what was last known while ingress is away, until their keys expire', async () => {
    await waitFor(async () => (await ready()).body.remarks?.some(({ reason }) => reason.includes('known last')) === true, { timeoutMs: 8_000, describe: 'health to say that ingress is away' });
    expect(await statusWith(reader)).toBe(200);
    expect(await statusWith(operator)).toBe(401);
    const until = new Date(Date.now() + 3_000).toISOString();
    const ingress = await console.ingress(() => [entry(reader, { expiresAt: until })]);
    await waitFor(async () => (await statusWith(reader)) === 401, { timeoutMs: 12_000, describe: 'the key to expire' });
    await ingress.stop();
  });
});
