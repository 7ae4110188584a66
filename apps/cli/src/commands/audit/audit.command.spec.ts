import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../program.js';
import { naive, ORIGIN, sealed, TestLog, VERIFIER_KEY, WITNESS } from '../../verify/log.test-kit.js';

const KEY = 'the-right-key';
let log: TestLog;
let server: Server;
let url: string;
let home: string;

/** What a log answers, by the standard and by our own two paths. */
async function answerTo(path: string, keyed: boolean): Promise<Buffer | object | number | undefined> {
  if (path === '/checkpoint') return log.checkpoint();
  const [, level, number, width = '256'] = /^\/tile\/(\d+|entries)\/(\d{3})(?:\.p\/(\d+))?$/.exec(path) ?? [];
  if (level === 'entries') return keyed ? log.entries(Number(number), Number(width)) : 401;
  if (level !== undefined) return log.tile(Number(level), Number(number), Number(width));
  const [, from, to] = /^\/v1\/consistency\?from=(\d+)&to=(\d+)$/.exec(path) ?? [];
  if (from !== undefined) return { proof: naive.consistency(Number(from), log.leaves.slice(0, Number(to))).map((hash) => hash.toString('base64')) };
  const [, id = ''] = /^\/v1\/entries\/([^/]+)\/proof$/.exec(path) ?? [];
  const index = log.tree.findIndex((entry) => entry.includes(id));
  if (id === '' || index < 0) return undefined;
  return { position: index + 1, index, leaf: log.served[index], checkpoint: log.note, proof: naive.path(index, log.leaves).map((hash) => hash.toString('base64')) };
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'posthorn-audit-'));
  server = createServer((request, response) => {
    void answerTo(request.url!, request.headers.authorization === `Bearer ${KEY}`).then((answer) => {
      if (answer === undefined || typeof answer === 'number') response.writeHead(answer ?? 404).end(JSON.stringify({ title: 'No' }));
      else response.end(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer));
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
  log = new TestLog(300);
  rmSync(join(home, '.posthorn'), { recursive: true, force: true });
});

async function posthorn(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const said = { out: '', error: '' };
  const env = { HOME: home, POSTHORN_AUDIT_URL: url, POSTHORN_AUDIT_KEY: KEY, POSTHORN_AUDIT_VERIFIER_KEY: VERIFIER_KEY };
  const code = await run(['audit', ...args], { env, cwd: home, out: { write: (text) => (said.out += text) }, error: { write: (text) => (said.error += text) } });
  return { code, ...said };
}

const remembered = (): string[] => readdirSync(join(home, '.posthorn', 'checkpoints', encodeURIComponent(ORIGIN)));

describe('posthorn audit verify', () => {
  it('verifies the whole log, remembers its checkpoint, and the next time that it goes on from there', async () => {
    const first = await posthorn('verify');
    expect([first.code, first.out]).toEqual([0, expect.stringMatching(/300 entries were read[^]*All right/)]);
    expect(remembered()).toHaveLength(1);
    log = new TestLog(310);
    const next = await posthorn('verify', '--json');
    expect(JSON.parse(next.out)).toMatchObject({ right: true, size: 310, entries: 310, agreed: 1, findings: [] });
    expect(remembered()).toHaveLength(2);
  });

  it('keeps what it knows of the log of a running npm start beside that log: the next one has other keys', async () => {
    const start = join(home, 'start');
    mkdirSync(start, { recursive: true });
    writeFileSync(join(start, 'client.json'), JSON.stringify({ audit: { url, key: KEY, verifierKeys: [VERIFIER_KEY] } }));
    let out = '';
    const code = await run(['audit', 'verify'], { env: { HOME: home, POSTHORN_HOME: start }, cwd: home, out: { write: (text) => (out += text) }, error: { write: () => undefined } });
    expect([code, out]).toEqual([0, expect.stringContaining('All right')]);
    expect(readdirSync(join(start, 'remembered'))).toHaveLength(1);
    expect(() => remembered()).toThrow('ENOENT');
  });

  it('ends with 6, names what was changed and what to do, and remembers nothing', async () => {
    log.served[41] = log.served[41]!.replace('Grüße', 'Grüsse');
    const { code, out } = await posthorn('verify');
    expect([code, out]).toEqual([6, expect.stringMatching(/not what it says[^]*ENTRY_CHANGED\n {2}The entry at position 42 [^]*It means: [^]*Do: /)]);
    expect(() => remembered()).toThrow('ENOENT');
    expect(JSON.parse((await posthorn('verify', '--json')).out)).toMatchObject({ right: false, findings: [{ code: 'ENTRY_CHANGED', from: 42, to: 42 }] });
  });

  it('takes older checkpoints from files and folders, and says which cannot be used', async () => {
    mkdirSync(join(home, 'kept'), { recursive: true });
    writeFileSync(join(home, 'kept', 'a.txt'), log.sign(100));
    writeFileSync(join(home, 'b.txt'), log.sign(200));
    expect(JSON.parse((await posthorn('verify', '--json', '--checkpoint', 'kept', '--checkpoint', 'b.txt')).out)).toMatchObject({ right: true, agreed: 2 });
    writeFileSync(join(home, 'kept', 'junk.txt'), 'shopping list');
    const { code, out } = await posthorn('verify', '--checkpoint', 'kept');
    expect([code, out]).toEqual([6, expect.stringMatching(/CHECKPOINT_UNREADABLE\n.*junk\.txt/)]);
  });

  it('demands the witnesses it is told of', async () => {
    expect((await posthorn('verify', '--witness-key', WITNESS.verifierKey)).out).toContain('WITNESS_MISSING');
    log.note = log.sign(300, WITNESS);
    expect((await posthorn('verify', '--witness-key', WITNESS.verifierKey)).out).toContain('Cosigned by witness.example');
  });

  it('verifies an export without asking the log for anything', async () => {
    writeFileSync(join(home, 'log.ndjson'), sealed([{ log: { origin: ORIGIN, size: 300, checkpoint: log.note } }, ...log.tree.map((entry) => ({ entry }))]));
    writeFileSync(join(home, 'old.txt'), log.sign(77));
    const { code, out } = await posthorn('verify', '--export', 'log.ndjson', '--checkpoint', 'old.txt', '--url', 'http://127.0.0.1:1');
    expect([code, out]).toEqual([0, expect.stringMatching(/of the whole log: 300 entries[^]*goes on from 1 older checkpoint\.[^]*All right/)]);
  });

  it('believes nothing under a bad signature', async () => {
    log.note = log.note.replace('\n300\n', '\n299\n');
    const { code, out } = await posthorn('verify');
    expect([code, out]).toEqual([6, expect.stringMatching(/nothing of it can be believed[^]*SIGNATURE_INVALID/)]);
  });

  it.each([
    [['verify', '--url', 'http://127.0.0.1:1', '--key', 'k'], 3, 'cannot be reached'],
    [['verify', '--key', 'wrong'], 4, 'refuses the key'],
    [['verify', '--verifier-key', 'x'], 2, 'not copied whole'],
    [['verify', '--checkpoint', 'nowhere'], 2, 'no checkpoint at'],
    [['verify', '--export', 'nowhere'], 2, 'There is no file'],
    [['verify', 'one', 'two'], 2, 'one export at a time'],
    [['proof'], 2, 'takes one id'],
    [['proof', 'unknown'], 1, 'No'],
    [['key', 'two words'], 2, 'without spaces'],
    [['shred'], 2, 'no "shred"'],
  ])('%j ends with %i and says why', { timeout: 20_000 }, async (args, code, words) => {
    const answer = await posthorn(...args);
    expect([answer.code, answer.error]).toEqual([code, expect.stringContaining(words)]);
  });
});

describe('posthorn audit checkpoint', () => {
  it('prints the note as it is, and remembers it; a log that no longer goes on from it is told', async () => {
    const { code, out } = await posthorn('checkpoint');
    expect([code, out]).toEqual([0, log.note]);
    const [name = ''] = remembered();
    expect(readFileSync(join(home, '.posthorn', 'checkpoints', encodeURIComponent(ORIGIN), name), 'utf8')).toBe(log.note);
    log = new TestLog(333);
    expect((await posthorn('checkpoint')).code).toBe(0);
    log = new TestLog(320);
    expect((await posthorn('checkpoint')).out).toContain('LOG_CUT');
    log = new TestLog(340, (position) => `{"v":1,"position":${position},"other":true}`);
    expect((await posthorn('checkpoint')).out).toContain('LOG_FORKED');
  });
});

describe('posthorn audit proof', () => {
  const idOf = (position: number): string => (JSON.parse(log.tree[position - 1]!) as { event: string }).event;

  it('verifies where an event is, and explains it', async () => {
    const { code, out } = await posthorn('proof', idOf(7));
    expect([code, out]).toEqual([0, expect.stringMatching(/is entry 7 of the 300 that example.org\/log signed[^]*All right/)]);
  });

  it('refuses an entry that is another, or was changed', async () => {
    log.served[6] = log.served[6]!.replace('Grüße', 'Grüsse');
    expect(await posthorn('proof', idOf(7))).toMatchObject({ code: 6, out: expect.stringContaining('PROOF_WRONG') as string });
  });
});

describe('posthorn audit key', () => {
  it('makes a key that verifies what it signs', async () => {
    const key = JSON.parse((await posthorn('key', ORIGIN, '--json')).out) as Record<string, string>;
    expect(key).toMatchObject({ origin: ORIGIN, signingKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(await posthorn('verify', '--verifier-key', key['verifierKey']!)).toMatchObject({ code: 6, out: expect.stringContaining('SIGNATURE_MISSING') as string });
    expect((await posthorn('verify', '--verifier-key', key['verifierKey']!, '--verifier-key', VERIFIER_KEY)).code).toBe(0);
  });
});
