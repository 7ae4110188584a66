import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFaultProxy, type FaultProxy, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../program.js';
import { ORIGIN, sealed, TestLog, VERIFIER_KEY } from '../../verify/log.test-kit.js';

const ENTRIES = 3_000;
const log = new TestLog(ENTRIES);
const CHECKPOINT = Buffer.from(log.note).toString('base64url');
const NDJSON = sealed([{ log: { origin: ORIGIN, size: ENTRIES, checkpoint: log.note }, filter: {} }, ...log.tree.map((entry) => ({ entry }))]);
const CSV = `\uFEFFposition,data\r\n${log.tree.map((_, at) => `${at + 1},"a, ""b"""\r\n`).join('')}`;
/** An answer is cut in the middle of a line of an entry. */
const HALF = Math.floor(NDJSON.length / 2) + 11;

let server: Server;
let proxy: FaultProxy;
let folder: string;
let asked: URLSearchParams[];
/** Answers otherwise than a log would; undefined for as a log would. */
let instead: ((query: URLSearchParams, response: ServerResponse, text: string) => boolean) | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    const query = new URL(request.url!, 'http://log').searchParams;
    asked.push(query);
    const [whole, after] = [query.get('format') === 'csv' ? CSV : NDJSON, Number(query.get('after') ?? 0)];
    const text = after === 0 ? whole : whole.split('\n').slice(after + 1).join('\n');
    if (instead?.(query, response, text) === true) return;
    if (query.has('checkpoint') && query.get('checkpoint') !== CHECKPOINT) refuse(response, 400, { title: 'The question has mistakes', errors: [{ pointer: '/checkpoint', message: 'must be the Posthorn-Checkpoint of the export' }] });
    else response.writeHead(200, headersFor(after)).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await createFaultProxy({ target: { port: (server.address() as AddressInfo).port } });
});
afterAll(async () => {
  await proxy.close();
  server.close();
});
beforeEach(() => {
  proxy.restore();
  [asked, instead] = [[], undefined];
  folder = mkdtempSync(join(tmpdir(), 'posthorn-export-'));
  return () => rmSync(folder, { recursive: true });
});

const headersFor = (after: number) => ({ 'posthorn-checkpoint': CHECKPOINT, 'posthorn-log-size': ENTRIES, 'posthorn-entries-estimate': ENTRIES - after });
const refuse = (response: ServerResponse, status: number, problem: object): true => {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  return true;
};
/** Half of an answer, and as soon as some of it is on the disk the wire is cut. */
const cutOnce = (): void => {
  instead = (_query, response, text) => {
    instead = undefined;
    response.writeHead(200, headersFor(0)).write(text.slice(0, HALF));
    const arrived = waitFor(() => statSync(join(folder, 'log.ndjson.part')).size > 0, { everyMs: 1, describe: 'the first lines' });
    void arrived.then(() => {
      proxy.cut();
      proxy.restore();
    });
    return true;
  };
};

const posthorn = (...args: string[]) => posthornAt(false, ...args);

async function posthornAt(terminal: boolean, ...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const said = { out: '', error: '' };
  const env = { HOME: folder, POSTHORN_AUDIT_URL: `http://127.0.0.1:${proxy.port}`, POSTHORN_AUDIT_KEY: 'k', POSTHORN_AUDIT_VERIFIER_KEY: VERIFIER_KEY };
  const code = await run(['audit', ...args], { env, cwd: folder, out: { write: (text) => (said.out += text) }, error: { isTTY: terminal, write: (text) => (said.error += text) } });
  return { code, ...said };
}
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('posthorn audit export', () => {
  it('brings the log into a file that verify takes', async () => {
    const { code, out } = await posthorn('export', 'log.ndjson');
    expect([code, out]).toEqual([0, expect.stringMatching(/log\.ndjson: 3,000 entries of a log of 3,000[^]*posthorn audit verify log\.ndjson/)]);
    expect(read('log.ndjson')).toBe(NDJSON);
    expect(readdirSync(folder)).toEqual(['log.ndjson']);
    expect(await posthorn('verify', 'log.ndjson')).toMatchObject({ code: 0, out: expect.stringContaining('of the whole log: 3,000 entries') as string });
  });

  it('goes on by itself after the connection was cut, and the file is the one of an uncut export to the byte', async () => {
    cutOnce();
    const { code, error } = await posthorn('export', 'log.ndjson');
    expect([code, error]).toEqual([0, expect.stringMatching(/broke off its answer.*entries are here; going on in 0\.5 s/)]);
    expect(read('log.ndjson')).toBe(NDJSON);
    expect(asked).toHaveLength(2);
    expect(Object.fromEntries(asked[1]!)).toEqual({ format: 'ndjson', after: expect.stringMatching(/^[1-9]\d*$/) as string, checkpoint: CHECKPOINT });
  });

  it('says on a terminal how far it is', async () => {
    cutOnce();
    // Half a second goes by before it goes on, and then it is time for a line.
    expect((await posthornAt(true, 'export', 'log.ndjson')).error).toMatch(/\r\u001b\[K[\d,]+(?: of about 3,000)? entries, \d+\.\d MB, \d+\.\d MB\/s\r\u001b\[K$/);
  });

  it('goes on where the answer ends as if it were whole, but has no last line', async () => {
    instead = (_query, response, text) => {
      instead = undefined;
      response.writeHead(200, headersFor(0)).end(text.slice(0, HALF));
      return true;
    };
    expect((await posthorn('export', 'log.ndjson')).code).toBe(0);
    expect(read('log.ndjson')).toBe(NDJSON);
  });

  it('that gave up leaves its part, and --resume goes on with it as it was begun', async () => {
    instead = (query, response, text) => {
      if (query.has('after')) return refuse(response, 403, { title: 'This is not yours to take away' });
      response.writeHead(200, headersFor(0)).end(text.slice(0, HALF));
      return true;
    };
    expect((await posthorn('export', 'log.ndjson', '--site', 'acme', '--from', '7d')).code).toBe(4);
    expect(readdirSync(folder).sort()).toEqual(['log.ndjson.part', 'log.ndjson.part.json']);
    // The machine died in the middle of a line.
    truncateSync(join(folder, 'log.ndjson.part'), read('log.ndjson.part').length - 20);
    instead = undefined;
    expect(await posthorn('export', 'log.ndjson')).toMatchObject({ code: 1, error: expect.stringContaining('--resume') as string });
    expect(await posthorn('export', 'log.ndjson', '--resume', '--site', 'other')).toMatchObject({ code: 2, error: expect.stringContaining('--site acme --from 7d') as string });
    expect((await posthorn('export', 'log.ndjson', '--resume', '--site', 'acme', '--from', '7d')).code).toBe(0);
    expect(read('log.ndjson')).toBe(NDJSON);
    const [first, last] = [asked[0]!, asked.at(-1)!];
    expect([last.get('site'), last.get('from')]).toEqual(['acme', first.get('from')]);
    expect(readdirSync(folder)).toEqual(['log.ndjson']);
  });

  it('of CSV goes on as well', async () => {
    instead = (_query, response, text) => {
      instead = undefined;
      response.writeHead(200, headersFor(0)).end(text.slice(0, 20_000));
      return true;
    };
    expect(await posthorn('export', 'log.csv')).toMatchObject({ code: 0, out: expect.stringContaining('Nobody can verify a CSV') as string });
    expect(read('log.csv')).toBe(CSV);
    expect(asked[1]!.get('after')).toMatch(/^\d+$/);
  });

  it('overwrites no file unless told to', async () => {
    writeFileSync(join(folder, 'log.ndjson'), 'precious');
    expect(await posthorn('export', 'log.ndjson')).toMatchObject({ code: 1, error: expect.stringContaining('--force') as string });
    expect([read('log.ndjson'), asked.length]).toEqual(['precious', 0]);
    expect((await posthorn('export', 'log.ndjson', '--force')).code).toBe(0);
    expect(read('log.ndjson')).toBe(NDJSON);
  });

  it('does not overwrite a file that came meanwhile', async () => {
    instead = () => {
      writeFileSync(join(folder, 'log.ndjson'), 'precious');
      return false;
    };
    expect((await posthorn('export', 'log.ndjson')).code).toBe(1);
    expect(read('log.ndjson')).toBe('precious');
  });

  it.runIf(existsSync('/dev/full'))('says so when there is no space left', async () => {
    symlinkSync('/dev/full', join(folder, 'log.ndjson.part'));
    expect(await posthorn('export', 'log.ndjson', '--force')).toMatchObject({ code: 1, error: expect.stringMatching(/no space left[^]*--resume/) as string });
    expect(existsSync(join(folder, 'log.ndjson'))).toBe(false);
  });

  it('does not go on with another log', async () => {
    cutOnce();
    expect((await posthorn('export', 'log.ndjson')).code).toBe(0);
    writeFileSync(join(folder, 'log.ndjson.part'), NDJSON.slice(0, HALF));
    writeFileSync(join(folder, 'log.ndjson.part.json'), JSON.stringify({ format: 'ndjson', asked: {}, query: {}, checkpoint: 'b3RoZXI', size: 9 }));
    rmSync(join(folder, 'log.ndjson'));
    expect(await posthorn('export', 'log.ndjson', '--resume')).toMatchObject({ code: 1, error: expect.stringMatching(/not the log that .*log\.ndjson\.part is of[^]*--url/) as string });
    expect(read('log.ndjson.part')).toBe(NDJSON.slice(0, NDJSON.lastIndexOf('\n', HALF) + 1));
  });

  it('does not finish what its last line was not made over', async () => {
    instead = (_query, response, text) => {
      response.writeHead(200, headersFor(0)).end(text.replace('Grüße', 'Grüsse'));
      return true;
    };
    expect(await posthorn('export', 'log.ndjson')).toMatchObject({ code: 6, error: expect.stringContaining('not what its last line was made over') as string });
    expect(existsSync(join(folder, 'log.ndjson'))).toBe(false);
  });

  it.each<[string, number, object, number, RegExp]>([
    ['an unknown key', 401, { title: 'Unauthorized' }, 4, /refuses the key[^]*POSTHORN_AUDIT_KEY/],
    ['a key without the right', 403, { title: 'This is not yours to take away', detail: 'It takes the right to export.' }, 4, /right to export[^]*can give it/],
    ['another service', 404, {}, 3, /is not audit/],
  ])('ends at once and leaves nothing for %s', async (_, status, problem, code, words) => {
    instead = (_query, response) => refuse(response, status, problem);
    const answer = await posthorn('export', 'log.ndjson');
    expect([answer.code, answer.error, readdirSync(folder)]).toEqual([code, expect.stringMatching(words), []]);
  });

  it('waits for a place', async () => {
    instead = (_query, response) => {
      instead = undefined;
      return refuse(response, 429, { title: 'Too many exports at a time' });
    };
    expect(await posthorn('export', 'log.ndjson', '--json')).toMatchObject({ code: 0, error: expect.stringContaining('Too many exports') as string });
  });
});
