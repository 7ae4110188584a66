import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXAMPLES } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

const POSTHORN = fileURLToPath(new URL('../../apps/cli/bin/posthorn.mjs', import.meta.url));

describe('a key made by command', () => {
  const posthorn = sharedPosthorn();
  const unique = Date.now().toString(36);

  const keys = (...args: string[]): string => {
    const env = { ...process.env, POSTHORN_INGRESS_URL: posthorn.urls.ingress, POSTHORN_OPERATOR_KEY: posthorn.address.keys.operator };
    return execFileSync(process.execPath, [POSTHORN, 'keys', ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  };
  const statusOf = async (url: string, key: string, init: RequestInit = {}): Promise<number> =>
    (await fetch(url, { ...init, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } })).status;
  const submit = (key: string): Promise<number> => statusOf(`${posthorn.urls.ingress}/v1/events`, key, { method: 'POST', body: JSON.stringify({ type: 'lead.submitted', data: EXAMPLES['lead.submitted'] }) });

  it('counts where its kind belongs, with the rights that services have on NATS, until it is revoked; the log says who did all that', async () => {
    const [site, auditor, operator] = [`site-${unique}`, `auditor-${unique}`, `operator-${unique}`];
    const made = { site: keys('create', site, '--kind', 'secret', '--site', 'acme'), auditor: keys('create', auditor, '--kind', 'auditor'), operator: keys('create', operator, '--kind', 'operator') };
    const entries = `${posthorn.urls.audit}/v1/entries?limit=1`;
    const connections = `${posthorn.urls.console}/v1/connections`;
    expect(await submit(made.site)).toBe(202);
    await waitFor(async () => (await statusOf(entries, made.auditor)) === 200 && (await statusOf(connections, made.operator)) === 200, { timeoutMs: 5_000, describe: 'audit and the console to know the keys' });
    expect([await statusOf(entries, made.operator), await statusOf(connections, made.auditor), await statusOf(entries, made.site)]).toEqual([401, 401, 401]);

    const fresh = keys('rotate', site);
    expect([await submit(made.site), await submit(fresh)]).toEqual([202, 202]);
    for (const id of [site, auditor, operator]) keys('revoke', id, '--yes');
    expect([await submit(made.site), await submit(fresh)]).toEqual([401, 401]);
    await waitFor(async () => (await statusOf(entries, made.auditor)) === 401 && (await statusOf(connections, made.operator)) === 401, { timeoutMs: 5_000, describe: 'audit and the console to know of the end' });

    const said = async (type: string, key: string): Promise<unknown[]> => {
      const response = await fetch(`${posthorn.urls.audit}/v1/entries?type=${type}&limit=50`, { headers: { authorization: `Bearer ${posthorn.address.keys.auditor}` } });
      const body = (await response.json()) as { entries: { site: string; data: { key: string; actor: string } }[] };
      return body.entries.filter(({ data }) => data.key === key).map(({ site: of, data }) => [of, data.actor]);
    };
    await waitFor(async () => (await said('access.key_revoked', operator)).length === 1, { describe: 'the last order to be in the log' });
    for (const what of ['created', 'rotated', 'revoked']) expect(await said(`access.key_${what}`, site)).toEqual([['acme', 'operator']]);
    expect(await said('access.key_created', auditor)).toEqual([['posthorn', 'operator']]);
    expect((await posthorn.books()).balanced).toBe(true);
  });
});
