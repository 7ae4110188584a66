import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../program.js';

const KEY = 'ph_ok_decides';
const ids = Array.from({ length: 5 }, (_, n) => `01a20411-bb52-7584-acea-c9154f74b8b${n}`);
const entry = { id: ids[0], site: 'acme', channel: 'form', state: 'held', code: 'spam-suspected', type: 'lead.submitted', receivedAt: new Date().toISOString(), reasons: [{ pointer: '/data/message', message: 'has \u001b[31mlinks' }, { pointer: '', message: 'x' }] };

interface Asked {
  method: string;
  url: string;
  body: { dryRun?: boolean; cursor?: string };
}

describe('posthorn quarantine', () => {
  let server: Server;
  let url: string;
  let asked: Asked[] = [];
  /** Steps of two. */
  const answer = ({ url: path, body }: Asked): unknown => {
    if (path.startsWith('/v1/quarantine?')) return { entries: [entry, { ...entry, id: ids[1], reasons: [{ pointer: '', message: 'has the hidden field filled in' }] }], next: ids[0] };
    if (path === `/v1/quarantine/${ids[0]!}`) return { ...entry, personalData: 'masked', key: 'acme-site', draft: { envelope: { data: '[personal]' } } };
    const after = body.cursor === undefined ? 0 : ids.indexOf(body.cursor) + 1;
    const step = ids.slice(after, after + 2);
    const stays = path.endsWith('/replay') ? step.slice(1) : [];
    const all = { done: step.filter((id) => !stays.includes(id)).map((id) => ({ id })), stayed: stays.map((id) => ({ id, code: 'validation-failed' })), next: after + 2 < ids.length ? step.at(-1) : null };
    return body.dryRun === true ? { ...all, dryRun: true, matched: 5, groups: [{ site: 'acme', state: 'held', code: 'spam-suspected', matched: 5 }] } : all;
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const one = { method: request.method!, url: request.url!, body: chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Asked['body']) };
        asked.push(one);
        const known = request.headers.authorization === `Bearer ${KEY}`;
        response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(known ? answer(one) : { title: 'No' }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  beforeEach(() => (asked = []));

  const posthorn = async (args: string[], yes?: boolean) => {
    const said = { out: '', error: '' };
    const code = await run(['quarantine', ...args], {
      env: { POSTHORN_INGRESS_URL: url, POSTHORN_OPERATOR_KEY: KEY, POSTHORN_INGRESS_KEY: 'of a site' },
      cwd: '/',
      out: { write: (text) => (said.out += text) },
      error: { write: (text) => (said.error += text) },
      ask: yes === undefined ? undefined : () => Promise.resolve(yes),
    });
    return { code, ...said };
  };

  it('lists what waits, without obeying what was sent, and names the next page', async () => {
    const { code, out, error } = await posthorn(['list', '--state', 'held', '--site', 'acme']);
    expect(code).toBe(0);
    expect(out).toMatch(/b8b0 +held +acme +form +lead\.submitted .*spam-suspected: \/data\/message has links \(and 1 more\)/);
    expect(out).toContain('spam-suspected: has the hidden field filled in');
    expect(error).toContain(`--cursor ${ids[0]!}`);
    expect(asked[0]!.url).toBe('/v1/quarantine?site=acme&state=held&limit=50');
  });

  it('shows one with its reasons, and says that it is masked', async () => {
    const { out, error } = await posthorn(['show', ids[0]!]);
    expect(out).toMatch(/key +acme-site[\s\S]*\/data\/message: has links[\s\S]*\[personal\]/);
    expect(error).toContain('quarantine:personal-data');
  });

  it('counts, asks, and only then goes on step by step to the end', async () => {
    const refused = await posthorn(['release', '--site', 'acme'], false);
    expect([refused.code, asked.length]).toEqual([1, 1]);
    const { code, out, error } = await posthorn(['release', '--site', 'acme'], true);
    expect([code, out]).toEqual([0, '5 let in.\n']);
    expect(error).toMatch(/acme +held +spam-suspected +5/);
    expect(asked.slice(2).map(({ body }) => body.cursor)).toEqual([undefined, ids[1], ids[3]]);
  });

  it('does nothing where nobody can be asked, and nothing without a criterion', async () => {
    expect((await posthorn(['discard', '--state', 'held'])).code).toBe(2);
    expect(asked.every(({ body }) => body.dryRun)).toBe(true);
    expect((await posthorn(['discard', '--yes'])).code).toBe(2);
  });

  it('only counts for a preview', async () => {
    const { out } = await posthorn(['replay', '--code', 'validation-failed', '--preview']);
    expect(out).toContain('Of the first 2 1 would be let in and 1 would stay (validation-failed 1).');
    expect(asked).toHaveLength(1);
  });

  it('fails when something stays, and tells scripts all of it as JSON', async () => {
    const { code, out } = await posthorn(['replay', '--site', 'acme', '--yes', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ done: [{}, {}, {}], stayed: [{ code: 'validation-failed' }, {}] });
  });
});
