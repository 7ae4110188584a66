import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from './program.js';

const KEY = 'the-right-key';
const connection = { service: 'crm-sync', connection: 'acme-hubspot', site: 'acme', provider: 'hubspot', state: 'open', reason: 'it \u001b[31mfailed', backlog: { pending: 90, attempting: 0, retrying: 10, unknown: 0, held: 0, dead: 3, more: false }, drainSeconds: 75 };
const figures = { service: 'email', accepted: 12, delivered: 9, inProgress: 1, held: 0, dead: 0, skipped: 0, erased: 0, missing: 2, balanced: false, stale: false };
const booksOf = (over: object) => ({ from: '2026-11-22', until: '2026-11-22', balanced: false, totals: [{ ...figures, ...over }], books: [{ ...figures, ...over, site: 'acme', day: '2026-11-22', differs: true, asOf: new Date().toISOString() }] });
const redelivery = { id: '01a20411-bb52-7584-acea-c9154f74b8bc', matched: 3, redelivered: 3, refused: 0, unanswered: [] };

interface Asked {
  method: string;
  url: string;
  body: unknown;
  headers: Record<string, unknown>;
}

describe('posthorn', () => {
  let server: Server;
  let url: string;
  let folder: string;
  let asked: Asked[] = [];
  let answers: Record<string, (body: Record<string, unknown>) => { status?: number; body: unknown }>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'posthorn-cli-'));
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
        asked.push({ method: request.method!, url: request.url!, body, headers: request.headers });
        const known = request.headers.authorization === `Bearer ${KEY}`;
        const answer = known ? answers[`${request.method!} ${request.url!.split('?')[0]!}`]?.(body) : { status: 401, body: { title: 'No', detail: 'The key is not known.' } };
        response.writeHead(answer?.status ?? (answer === undefined ? 404 : 200), { 'content-type': 'application/json' }).end(JSON.stringify(answer?.body ?? { title: 'Not found' }));
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
    answers = {
      'GET /v1/connections': () => ({ body: { connections: [connection], unanswered: [{ service: 'email', message: 'email did not answer in time.' }] } }),
      'GET /v1/deliveries': () => ({ body: { deliveries: [], next: null, unanswered: [] } }),
      'POST /v1/redeliveries': ({ preview }) => ({ status: preview === true ? 200 : 202, body: preview === true ? { preview, matched: 3, connections: [{ service: 'crm-sync', connection: 'acme-hubspot', site: 'acme', matched: 3 }], unanswered: [] } : { ...redelivery, state: 'running', redelivered: 0 } }),
      [`GET /v1/redeliveries/${redelivery.id}`]: () => ({ body: { ...redelivery, state: 'finished' } }),
      [`DELETE /v1/redeliveries/${redelivery.id}`]: () => ({ body: { ...redelivery, state: 'stopped', stoppedBy: 'ada', redelivered: 1 } }),
      'POST /v1/events': () => ({ status: 202, body: { id: redelivery.id, acceptedAt: '2026-11-22T10:00:00.000Z' } }),
    };
  });

  const posthorn = async (args: string[], over: { env?: NodeJS.ProcessEnv; cwd?: string; yes?: boolean } = {}) => {
    const said = { out: '', error: '' };
    const env = { POSTHORN_CONSOLE_URL: url, POSTHORN_CONSOLE_KEY: KEY, POSTHORN_INGRESS_URL: url, POSTHORN_INGRESS_KEY: KEY, POSTHORN_AUDIT_URL: url, POSTHORN_AUDIT_KEY: KEY, ...over.env };
    const { yes } = over;
    const code = await run(args, {
      env,
      cwd: over.cwd ?? folder,
      out: { write: (text) => (said.out += text) },
      error: { write: (text) => (said.error += text) },
      ask: yes === undefined ? undefined : () => Promise.resolve(yes),
    });
    return { code, ...said };
  };

  it('shows connections as a table, without obeying what a provider wrote, and says who did not answer', async () => {
    const { code, out, error } = await posthorn(['connections']);
    expect(code).toBe(0);
    expect(out).toMatch(/acme-hubspot +crm-sync +acme +hubspot +open +100 .*1 min 15 s +3 +0 +it failed/);
    expect(out).not.toContain('\u001b');
    expect(error).toContain('email did not answer in time');
  });

  it('gives scripts the whole answer as JSON, and nothing else on stdout', async () => {
    const { out } = await posthorn(['connections', '--json', '--service', 'crm-sync']);
    expect((JSON.parse(out) as { connections: unknown[] }).connections).toHaveLength(1);
    expect(asked[0]!.url).toBe('/v1/connections?service=crm-sync');
  });

  it('counts, asks, and only then redelivers, and follows it to the end', async () => {
    const refused = await posthorn(['redeliver', '--connection', 'acme-hubspot', '--from', '36h'], { yes: false });
    expect([refused.code, asked.length]).toEqual([1, 1]);
    expect(refused.out).toMatch(/acme-hubspot +acme +3/);
    const { code, out } = await posthorn(['redeliver', '--connection', 'acme-hubspot', '--error', 'CRM_REFUSED', '--state', 'dead,held', '--per-second', '5'], { yes: true });
    expect(code).toBe(0);
    expect(asked.at(-2)!.body).toEqual({ connection: 'acme-hubspot', errorCode: 'CRM_REFUSED', states: ['dead', 'held'], perSecond: 5 });
    expect(asked.at(-1)!.url).toBe(`/v1/redeliveries/${redelivery.id}`);
    expect(out).toContain('is finished: 3 of 3 sent again');
  });

  it('does nothing where nobody can be asked, unless told --yes', async () => {
    const { code, error } = await posthorn(['redeliver', redelivery.id]);
    expect([code, asked.length]).toEqual([2, 1]);
    expect(error).toContain('--yes');
    expect((await posthorn(['redeliver', redelivery.id, '--yes', '--json'])).code).toBe(0);
    expect(asked.at(-2)!.body).toEqual({ ids: [redelivery.id] });
    expect((await posthorn(['redeliver', '--connection', 'c', '--preview'])).code).toBe(0);
  });

  it('stops a redelivery', async () => {
    expect((await posthorn(['redeliver', '--stop', redelivery.id])).out).toContain('was stopped by ada: 1 of 3');
  });

  it('sends an event once for each idempotency key', async () => {
    const { code, out } = await posthorn(['send', 'lead.submitted', '{"person":{"email":"ada@example.org"}}', '--idempotency-key', 'k1']);
    expect([code, out.includes(redelivery.id)]).toEqual([0, true]);
    expect(asked[0]).toMatchObject({ body: { type: 'lead.submitted' }, headers: { 'idempotency-key': 'k1' } });
  });

  it('shows the books, and ends with a code of its own while they do not balance', async () => {
    answers['GET /v1/books'] = () => ({ body: booksOf({}) });
    const { code, out } = await posthorn(['books', '--from', '2026-11-22', '--site', 'acme']);
    expect(code).toBe(5);
    expect(asked[0]!.url).toBe('/v1/books?from=2026-11-22&site=acme');
    expect(out).toMatch(/email +12 +9 +1 +0 +0 +0 +0 +2 +differs/);
    expect(out).toContain('audit.books.differ');
    expect((await posthorn(['books', '--days'])).out).toMatch(/2026-11-22 +acme +email +12/);
    answers['GET /v1/books'] = () => ({ body: booksOf({ missing: 0, stale: true }) });
    expect((await posthorn(['books'])).out).toMatch(/email .* as of 0 s ago/);
  });

  it('waits for the books to balance, and hands scripts the whole answer', async () => {
    let answered = 0;
    answers['GET /v1/books'] = () => ({ body: answered++ === 0 ? booksOf({}) : { ...booksOf({ missing: 0 }), balanced: true } });
    const { code, out } = await posthorn(['books', '--wait', '30', '--json']);
    expect([code, answered]).toEqual([0, 2]);
    expect(JSON.parse(out)).toMatchObject({ balanced: true, totals: [{ service: 'email' }] });
  });

  it('runs the drill of the checkout it stands in, with its options and its exit code', async () => {
    const checkout = join(folder, 'checkout');
    mkdirSync(join(checkout, 'tools', 'src', 'drill'), { recursive: true });
    mkdirSync(join(checkout, 'apps', 'cli'), { recursive: true });
    writeFileSync(join(checkout, 'tools', 'src', 'drill', 'main.ts'), '');
    writeFileSync(join(checkout, 'drill.mjs'), "import { writeFileSync } from 'node:fs'; writeFileSync('asked', process.argv.slice(2).join(' ')); process.exit(7);");
    writeFileSync(join(checkout, 'package.json'), JSON.stringify({ scripts: { drill: 'node drill.mjs' } }));
    const { code } = await posthorn(['drill', '--seconds', '10', '--seed', '3'], { cwd: join(checkout, 'apps', 'cli'), env: process.env });
    expect([code, readFileSync(join(checkout, 'asked'), 'utf8')]).toEqual([7, '--seconds 10 --seed 3']);
  });

  it('finds a running stack by its file, here or in a folder above, and takes its key nowhere else', async () => {
    mkdirSync(join(folder, '.posthorn'), { recursive: true });
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    writeFileSync(join(folder, '.posthorn', 'client.json'), JSON.stringify({ console: { url, key: KEY } }));
    const none = { POSTHORN_CONSOLE_URL: undefined, POSTHORN_CONSOLE_KEY: undefined };
    expect((await posthorn(['connections'], { env: none, cwd: join(folder, 'a', 'b') })).code).toBe(0);
    const elsewhere = await posthorn(['connections', '--url', 'http://127.0.0.1:9'], { env: none });
    expect([elsewhere.code, elsewhere.error]).toEqual([2, expect.stringContaining('none was given')]);
  });

  it.each([
    [['connections', '--url', 'http://127.0.0.1:1', '--key', 'k'], 3, 'npm start'],
    [['connections', '--key', 'wrong'], 4, 'POSTHORN_CONSOLE_KEY'],
    [['connections', 'explode', 'x'], 2, 'connections --help'],
    [['connections', 'isolate', 'x'], 2, '--reason'],
    [['connections', '--colour'], 2, '--colour'],
    [['conections'], 2, 'no command "conections"'],
    [['deliveries', '--from', 'noon'], 2, 'not a time'],
    [['send', 'lead.submitted', '{'], 2, 'not JSON'],
    [['books', '--wait', 'long'], 2, '--wait takes seconds'],
    [['books', 'today'], 2, 'not an option'],
    [['drill'], 2, 'DRILL_NEEDS_CHECKOUT'],
    [['drill', '--url', 'https://staging.example'], 2, 'DRILL_NEEDS_CONSENT'],
    [['connections', 'release', 'nobody'], 1, 'Not found'],
  ])('%j ends with %i and says what to do', async (args, code, words) => {
    const answer = await posthorn(args);
    expect([answer.code, answer.error]).toEqual([code, expect.stringContaining(words)]);
    expect(answer.out).toBe('');
  });

  it.each(['send', 'trace', 'connections', 'deliveries', 'redeliver', 'drill'])('%s --help shows options and examples', async (command) => {
    const { code, out } = await posthorn([command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^posthorn ${command}`));
    expect(out).toMatch(/Examples?\n {2}posthorn/);
    expect((await posthorn(['--help'])).out).toContain(command);
  });
});
