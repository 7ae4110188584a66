import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFaultProxy, type FaultProxy, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

const POSTHORN = fileURLToPath(new URL('../../apps/cli/bin/posthorn.mjs', import.meta.url));
const LEADS = 400;

describe('posthorn audit export', () => {
  const posthorn = sharedPosthorn();
  let proxy: FaultProxy;
  let folder: string;
  let verifierKey: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'posthorn-export-'));
    proxy = await createFaultProxy({ target: posthorn.urls.audit });
    const log = (await (await fetch(`${posthorn.urls.audit}/v1/log`)).json()) as { verifierKeys: string[] };
    verifierKey = log.verifierKeys[0]!;
    const before = await signed();
    for (let sent = 0; sent < LEADS; sent += 40) await Promise.all(Array.from({ length: 40 }, (_, at) => posthorn.send('lead.submitted', { person: { email: `export-${sent + at}@example.com` }, message: 'Hello. '.repeat(200) })));
    await waitFor(async () => (await signed()) >= before + LEADS, { timeoutMs: 60_000, describe: 'a checkpoint over all of it' });
  });
  afterAll(async () => {
    await proxy.close();
    rmSync(folder, { recursive: true });
  });

  const signed = async (): Promise<number> => {
    const answer = await fetch(`${posthorn.urls.audit}/checkpoint`);
    return answer.ok ? Number((await answer.text()).split('\n')[1]) : 0;
  };
  const audit = (...args: string[]): Promise<{ code: number | null; out: string; error: string }> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, HOME: folder, POSTHORN_AUDIT_URL: `http://127.0.0.1:${proxy.port}`, POSTHORN_AUDIT_KEY: posthorn.address.keys.auditor, POSTHORN_AUDIT_VERIFIER_KEY: verifierKey };
      const child = spawn(process.execPath, [POSTHORN, 'audit', ...args], { cwd: folder, env });
      const said = { out: '', error: '' };
      child.stdout.on('data', (part: Buffer) => (said.out += part.toString()));
      child.stderr.on('data', (part: Buffer) => (said.error += part.toString()));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...said }));
    });

  it('brings the whole log into a file that anybody with the key can verify, though its connection is cut', async () => {
    const part = join(folder, 'log.ndjson.part');
    proxy.delay(20);
    const running = audit('export', 'log.ndjson');
    await waitFor(() => existsSync(part) && statSync(part).size > 0, { everyMs: 1, timeoutMs: 20_000, describe: 'the first lines' });
    proxy.cut();
    proxy.restore();
    expect(await running).toMatchObject({ code: 0, error: expect.stringContaining('going on in') as string });
    expect(await audit('verify', 'log.ndjson')).toMatchObject({ code: 0, out: expect.stringMatching(/of the whole log: [\d,]+ entries/) as string });
  });

  it('brings a selection, and a table of it', async () => {
    expect((await audit('export', 'leads.ndjson', '--type', 'lead.submitted')).code).toBe(0);
    expect(await audit('verify', 'leads.ndjson')).toMatchObject({ code: 0, out: expect.stringContaining('is a selection') as string });
    expect((await audit('export', 'leads.csv', '--type', 'lead.submitted')).code).toBe(0);
    expect(readFileSync(join(folder, 'leads.csv'), 'utf8').split('\r\n').length).toBeGreaterThan(LEADS);
  });
});
