import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isWellFormed, KEY_KINDS, newKeySecret } from '@posthorn/http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../program.js';
import { isWellFormed as isWellFormedOffline } from './key.form.js';

const OPERATOR = 'the-key-of-an-operator';
const SECRET = newKeySecret('browser');
const listed = [
  { id: 'acme', kind: 'secret', site: 'acme', state: 'declared', scopes: ['events:write'] },
  { id: 'acme-website', kind: 'browser', site: 'acme', state: 'rotating', scopes: ['events:write'], types: ['lead.submitted'], origins: ['https://www.acme.example'], lastUsedAt: new Date(Date.now() - 90_000).toISOString(), earlier: { until: '2027-01-01T00:00:00.000Z' } },
];

describe('posthorn keys', () => {
  let server: Server;
  let url: string;
  let folder: string;
  let asked: { method: string; url: string; body: unknown }[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'posthorn-keys-'));
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: path = '' } = request;
        asked.push({ method, url: path, body: chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString()) });
        const known = request.headers.authorization === `Bearer ${OPERATOR}`;
        const second = path.includes('after=acme');
        const answers: Record<string, object> = {
          'GET /v1/keys': { keys: second ? [listed[1]] : [listed[0]], next: second ? null : 'acme' },
          'POST /v1/keys': { id: 'acme-website', kind: 'browser', secret: SECRET },
          'POST /v1/keys/acme-website/rotate': { id: 'acme-website', secret: SECRET, earlierUntil: '2027-01-01T00:00:00.000Z' },
          'DELETE /v1/keys/acme-website': { id: 'acme-website', state: 'revoked' },
        };
        response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(known ? answers[`${method} ${path.split('?')[0] ?? ''}`] : { title: 'No', detail: 'The key is not known.' }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    asked = [];
  });

  const posthorn = async (args: string[], over: { env?: NodeJS.ProcessEnv; yes?: boolean; typed?: string } = {}) => {
    const said = { out: '', error: '' };
    const { yes, typed } = over;
    const code = await run(['keys', ...args], {
      env: { POSTHORN_INGRESS_URL: url, POSTHORN_INGRESS_KEY: 'of a site', POSTHORN_OPERATOR_KEY: OPERATOR, ...over.env },
      cwd: folder,
      out: { write: (text) => (said.out += text) },
      error: { write: (text) => (said.error += text) },
      ask: yes === undefined ? undefined : () => Promise.resolve(yes),
      read: typed === undefined ? undefined : () => Promise.resolve(typed),
    });
    return { code, ...said };
  };

  it('makes a key of what was said and nothing else, and writes the secret alone to standard output', async () => {
    const { code, out, error } = await posthorn(['create', 'acme-website', '--kind', 'browser', '--site', 'acme', '--types', 'lead.submitted,form.submitted', '--origins', 'https://www.acme.example']);
    expect({ code, out }).toEqual({ code: 0, out: `${SECRET}\n` });
    expect(error).toContain('nobody can show again');
    expect(asked).toEqual([{ method: 'POST', url: '/v1/keys', body: { id: 'acme-website', kind: 'browser', site: 'acme', types: ['lead.submitted', 'form.submitted'], origins: ['https://www.acme.example'] } }]);
  });

  it('lists every page of them, and says whether an old secret is still used', async () => {
    const { out } = await posthorn(['list', '--site', 'acme']);
    expect(asked.map((one) => one.url)).toEqual(['/v1/keys?site=acme', '/v1/keys?site=acme&after=acme']);
    expect(out).toMatch(/acme +secret +acme +declared +events:write/);
    expect(out).toMatch(/acme-website +browser +acme +rotating +1 min 30 s ago +old secret until 2027-01-01T00:00:00.000Z, not used +events:write lead.submitted from https:\/\/www.acme.example/);
  });

  it('rotates with the overlap it is told', async () => {
    const { out, error } = await posthorn(['rotate', 'acme-website', '--overlap', '0']);
    expect(out).toBe(`${SECRET}\n`);
    expect(error).toContain('2027-01-01');
    expect(asked[0]).toMatchObject({ url: '/v1/keys/acme-website/rotate', body: { overlapHours: 0 } });
    expect((await posthorn(['rotate', 'acme-website', '--overlap', 'long'])).code).toBe(2);
  });

  it('revokes only when somebody says yes', async () => {
    expect((await posthorn(['revoke', 'acme-website'])).code).toBe(2);
    expect((await posthorn(['revoke', 'acme-website'], { yes: false })).code).toBe(1);
    expect(asked).toEqual([]);
    expect(await posthorn(['revoke', 'acme-website'], { yes: true })).toMatchObject({ code: 0 });
    expect(asked).toMatchObject([{ method: 'DELETE' }]);
  });

  it("never shows a site's key where an operator's is asked for, and says which variable to look at", async () => {
    expect(await posthorn(['list'], { env: { POSTHORN_OPERATOR_KEY: '' } })).toMatchObject({ code: 2, error: expect.stringContaining('POSTHORN_OPERATOR_KEY') as string });
    expect(asked).toEqual([]);
    expect(await posthorn(['list'], { env: { POSTHORN_OPERATOR_KEY: 'wrong' } })).toMatchObject({ code: 4, error: expect.stringContaining('Check POSTHORN_OPERATOR_KEY') as string });
  });

  it('checks a key without asking anybody, and never takes one from the command line', async () => {
    writeFileSync(join(folder, 'whole'), `${SECRET}\n`);
    expect(await posthorn(['check', '--file', 'whole'])).toMatchObject({ code: 0, out: expect.stringContaining('of kind browser') as string });
    expect(await posthorn(['check'], { typed: SECRET.slice(0, -1) })).toMatchObject({ code: 1, out: expect.stringContaining('Copy it whole') as string });
    expect(await posthorn(['check'], { typed: 'ph_sk_of_yesterday' })).toMatchObject({ code: 1, out: expect.stringContaining('posthorn.yaml declares') as string });
    expect(await posthorn(['check', SECRET])).toMatchObject({ code: 2 });
    expect(asked).toEqual([]);
  });

  it('judges a key as ingress does', () => {
    for (let round = 0; round < 500; round += 1) {
      const key = newKeySecret(KEY_KINDS[round % KEY_KINDS.length] ?? 'secret');
      const at = 3 + (round % (key.length - 3));
      const slip = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
      for (const text of [key, slip, key.slice(1), `${key}0`]) expect([text, isWellFormedOffline(text)]).toEqual([text, isWellFormed(text)]);
    }
  });
});
