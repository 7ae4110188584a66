import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../program.js';
import { entryText, naive, TestLog, VERIFIER_KEY } from '../../verify/log.test-kit.js';
import { type Certificate } from './certificate.claims.js';

let log: TestLog;
let certificates: (Certificate | undefined)[];
let ordered: unknown[];
let exported: { status: number; text: string; cut: boolean };
let server: Server;
let url: string;
let home: string;

const idOf = (position: number): string => (JSON.parse(log.tree[position - 1] ?? '{}') as { envelope: { id: string } }).envelope.id;
const at = (position: number): { id: string; position: number } => ({ id: idOf(position), position });
const REQUEST = 3;

const RIGHT = { 3: 'privacy.erasure_requested', 4: 'privacy.transport_erased', 5: 'crm.person.erased', 6: 'crm-sync.erasure.completed', 7: 'audit.erasure.certified' };

/** A log in which the third entry is the request, and those after it say what became of it; the one at `stray`, of another. */
function logOf(types: Record<number, string>, stray?: number): TestLog {
  const id = (JSON.parse(entryText(REQUEST)) as { event: string }).event;
  return new TestLog(12, (position) => {
    const type = types[position];
    if (type === undefined) return entryText(position);
    const own = JSON.parse(entryText(position)) as { event: string };
    const about = position === REQUEST ? undefined : position === stray ? own.event : id;
    const kind = type.startsWith('privacy.') ? 'event' : 'outcome';
    return entryText(position, { kind, event: about ?? own.event, envelope: { id: own.event, type, causationid: about } });
  });
}

function certificateOf(over: Partial<Certificate> = {}): Certificate {
  const places: Certificate['requests'][number]['places'] = [
    { place: 'audit', state: 'erased', at: '2026-11-22T10:00:00.000Z', entry: at(REQUEST), connections: [] },
    { place: 'ingress', state: 'erased', at: '2026-11-22T10:00:01.000Z', entry: at(4), connections: [] },
    { place: 'crm-sync', state: 'erased', at: '2026-11-22T10:00:03.000Z', entry: at(6), connections: [{ connection: 'acme-hubspot', state: 'delivered', at: '2026-11-22T10:00:02.000Z', entry: at(5) }] },
  ];
  const request = { id: idOf(REQUEST), entry: at(REQUEST), places, certified: at(7) };
  return { site: 'acme', cause: 'site', state: 'certified', events: 2, requestedAt: '2026-11-22T10:00:00.000Z', certifiedAt: '2026-11-22T10:00:04.000Z', requests: [request], remains: [{ text: '2 mails had been sent before.' }], ...over };
}

function answerTo(path: string): { status: number; body: object } {
  if (path.startsWith('/v1/erasures/')) {
    const next = certificates.length > 1 ? certificates.shift() : certificates[0];
    return next === undefined ? { status: 404, body: { title: 'The log has no such erasure' } } : { status: 200, body: next };
  }
  const [, id = ''] = /^\/v1\/entries\/([^/]+)\/proof$/.exec(path) ?? [];
  const index = log.tree.findIndex((entry) => entry.includes(`"envelope":{"id":"${id}"`));
  const leaves = log.leaves.slice(0, signed);
  if (index >= signed) return { status: 409, body: { title: 'The entry is younger than the newest checkpoint' } };
  return { status: 200, body: { position: index + 1, index, leaf: log.served[index], checkpoint: log.sign(signed), proof: naive.path(index, leaves).map((hash) => hash.toString('base64')) } };
}
let signed = 12;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'posthorn-privacy-'));
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (request.method === 'POST') ordered.push({ path: request.url, body: JSON.parse(text) as unknown });
      if (request.url?.startsWith('/v1/people/export') === true) {
        const { status, text: answer, cut } = exported;
        response.writeHead(status, cut ? { 'content-length': '100000' } : {});
        response.write(answer);
        if (cut) response.socket?.destroySoon();
        else response.end();
        return;
      }
      const { status, body } = request.method === 'POST' ? { status: 202, body: { id: idOf(REQUEST), requests: [idOf(REQUEST)], events: 2 } } : answerTo(request.url ?? '');
      response.writeHead(status).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => {
  log = logOf(RIGHT);
  certificates = [certificateOf()];
  ordered = [];
  exported = { status: 200, text: '<html>Ada</html>\n', cut: false };
  signed = 12;
});

async function posthorn(args: string[], person: { says?: string; agrees?: boolean } = {}): Promise<{ code: number; out: string; error: string }> {
  const said = { out: '', error: '' };
  const env = { HOME: home, POSTHORN_AUDIT_URL: url, POSTHORN_AUDIT_KEY: 'a', POSTHORN_INGRESS_URL: url, POSTHORN_INGRESS_KEY: 'i', POSTHORN_AUDIT_VERIFIER_KEY: VERIFIER_KEY };
  const { says, agrees } = person;
  const code = await run(['privacy', ...args], {
    env, cwd: home,
    out: { write: (text) => (said.out += text) },
    error: { write: (text) => (said.error += text) },
    ...(says === undefined ? {} : { read: () => Promise.resolve(says) }),
    ...(agrees === undefined ? {} : { ask: () => Promise.resolve(agrees) }),
  });
  return { code, ...said };
}

describe('posthorn privacy certificate', () => {
  it('shows where it was erased and what remains, and proves each entry that says so', async () => {
    const { code, out } = await posthorn(['certificate', idOf(REQUEST)]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Erasure at acme \(site\) of 2 events, requested .*: certified /);
    expect(out).toMatch(/crm-sync +erased +2026-11-22T10:00:03.000Z +6\n +acme-hubspot +delivered/);
    expect(out).toContain('- 2 mails had been sent before.');
    expect(out).toContain('5 entries say so, and are in the log that was signed.');
  });

  it('waits until it is certified', async () => {
    certificates = [undefined, certificateOf({ state: 'open', certifiedAt: undefined }), certificateOf()];
    const { code, out } = await posthorn(['certificate', idOf(REQUEST), '--wait', '30', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ right: true, proven: 5, unsigned: 0, certificate: { state: 'certified' } });
  });

  it('is not done while somebody has not told, or an entry is not signed', async () => {
    signed = 6;
    expect(await posthorn(['certificate', idOf(REQUEST)])).toMatchObject({ code: 1, out: expect.stringContaining('1 more are younger than the newest checkpoint') as string });
    signed = 12;
    certificates = [certificateOf({ state: 'open' })];
    expect((await posthorn(['certificate', idOf(REQUEST)])).code).toBe(1);
  });

  it.each([
    ['an entry of another kind', logOf({ ...RIGHT, 6: 'crm.contact.synced' }), 6],
    ['a request that is none', logOf({ ...RIGHT, 3: 'lead.submitted' }), 6],
    ['what was said of another erasure', logOf(RIGHT, 6), 6],
    ['an entry that stands elsewhere', logOf(RIGHT), 9],
  ])('does not take %s for what it says', async (_, told, position) => {
    log = told;
    const certificate = certificateOf();
    for (const { entry } of certificate.requests[0]?.places.slice(-1) ?? []) if (entry !== undefined) entry.position = position;
    certificates = [certificate];
    const { code, out } = await posthorn(['certificate', idOf(REQUEST)]);
    expect({ code, out }).toMatchObject({ code: 6, out: expect.stringContaining('PROOF_WRONG') as string });
  });

  it('does not believe an entry that was changed after it was signed', async () => {
    log.served[5] = log.served[5]?.replace('crm-sync.erasure', 'email.erasure');
    expect(await posthorn(['certificate', idOf(REQUEST)])).toMatchObject({ code: 6, out: expect.stringContaining('PROOF_WRONG') as string });
  });

  it('says that there is none', async () => {
    certificates = [undefined];
    expect(await posthorn(['certificate', 'x'])).toMatchObject({ code: 1, error: expect.stringContaining('The log has no such erasure') as string });
  });
});

describe('posthorn privacy erase', () => {
  it('asks for the address and a yes, and says how to follow', async () => {
    const { code, out } = await posthorn(['erase'], { says: ' ada@example.com\n', agrees: true });
    expect(code).toBe(0);
    expect(ordered).toEqual([{ path: '/v1/privacy/erasures', body: { email: 'ada@example.com' } }]);
    expect(out).toContain(`posthorn privacy certificate ${idOf(REQUEST)}`);
    expect(out).not.toContain('ada@');
  });

  it('takes the address out of a file, and never from the command line', async () => {
    writeFileSync(join(home, 'address.txt'), 'ada@example.com\n');
    expect((await posthorn(['erase', '--file', 'address.txt', '--yes'])).code).toBe(0);
    expect((await posthorn(['erase', 'ada@example.com', '--yes'])).code).toBe(2);
    expect(ordered).toHaveLength(1);
  });

  it.each([
    [{ says: 'ada@example.com', agrees: false }, 1],
    [{ says: 'ada@example.com' }, 2],
    [{ says: 'ada@example.com, bob@example.com', agrees: true }, 2],
    [{}, 2],
  ])('does nothing without an address and a yes: %j', async (person, expected) => {
    expect((await posthorn(['erase'], person)).code).toBe(expected);
    expect(ordered).toEqual([]);
  });
});

describe('posthorn privacy export', () => {
  const place = (name: string): string => join(home, name);

  it('writes a file that nobody else can read', async () => {
    expect((await posthorn(['export', 'ada.html', '--site', 'acme'], { says: 'ada@example.com' })).code).toBe(0);
    expect(ordered).toEqual([{ path: '/v1/people/export?format=html', body: { site: 'acme', email: 'ada@example.com' } }]);
    expect(readFileSync(place('ada.html'), 'utf8')).toBe('<html>Ada</html>\n');
    expect(statSync(place('ada.html')).mode & 0o077).toBe(0);
  });

  it('overwrites nothing unless told', async () => {
    writeFileSync(place('mine.json'), 'mine');
    exported.text = '{"events":[\n],"count":0}\n';
    expect((await posthorn(['export', 'mine.json', '--site', 'acme'], { says: 'ada@example.com' })).code).toBe(1);
    expect(readFileSync(place('mine.json'), 'utf8')).toBe('mine');
    expect((await posthorn(['export', 'mine.json', '--site', 'acme', '--force'], { says: 'ada@example.com' })).code).toBe(0);
    expect(readFileSync(place('mine.json'), 'utf8')).toBe('{"events":[\n],"count":0}\n');
  });

  it.each([
    ['an answer that breaks off', { status: 200, text: '<html>', cut: true }, 3],
    ['an answer that ends too early', { status: 200, text: '<html>', cut: false }, 3],
    ['a person nobody knows', { status: 404, text: '{"title":"The log knows nobody with this address"}', cut: false }, 1],
  ])('leaves nothing behind of %s', async (_, answer, code) => {
    exported = answer;
    expect((await posthorn(['export', 'half.html', '--site', 'acme'], { says: 'ada@example.com' })).code).toBe(code);
    expect(readdirSync(home).filter((name) => name.startsWith('half'))).toEqual([]);
    expect(existsSync(place('half.html'))).toBe(false);
  });

  it.each([[['export', '--site', 'acme']], [['export', 'a.html']]])('asks for what is missing in %j', async (args) => {
    expect((await posthorn(args, { says: 'ada@example.com' })).code).toBe(2);
  });
});
