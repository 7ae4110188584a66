import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

const POSTHORN = fileURLToPath(new URL('../../apps/cli/bin/posthorn.mjs', import.meta.url));

describe('posthorn drill against a system that runs elsewhere', () => {
  const posthorn = sharedPosthorn();

  /** As somebody at another machine, who has keys and the addresses. */
  const drill = (...args: string[]): Promise<{ code: number | null; out: string; error: string }> =>
    new Promise((resolve, reject) => {
      const { urls, address } = posthorn;
      const env = { ...process.env, POSTHORN_INGRESS_KEY: address.keys.site, POSTHORN_AUDIT_KEY: address.keys.auditor };
      const child = spawn(process.execPath, [POSTHORN, 'drill', '--url', urls.ingress, '--audit-url', urls.audit, '--site-is-for-tests', '--json', ...args], { env });
      const said = { out: '', error: '' };
      child.stdout.on('data', (part: Buffer) => (said.out += part.toString()));
      child.stderr.on('data', (part: Buffer) => (said.error += part.toString()));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...said }));
    });

  it('finds every event delivered once, by the log and the books, though ingress is killed meanwhile', async () => {
    const { code, out, error } = await drill('--seconds', '3', '--rate', '20', '--seed', '11', '--patience', '60', '--fault', `kill -9 ${posthorn.pidOf('ingress')}`);
    expect([code, error]).toEqual([0, expect.stringContaining('Passed')]);
    expect(JSON.parse(out)).toMatchObject({
      accepted: 60, delivered: 60, lost: 0, duplicates: 0, unexplained: 0, faults: [{ exitCode: 0 }],
      services: { ingress: { ok: 60 }, audit: { ok: 60 }, 'crm-sync': { ok: 42 }, email: { ok: 54 }, calendar: { ok: 18 } },
    });
  });
});
