import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from '@posthorn/testing';
import { describe, expect, it } from 'vitest';
import { WORKSPACE } from '../workspace.js';
import { composeFile, environmentOf, freshVariables } from './compose.test-kit.js';

describe('docker/nats.conf', () => {
  const check = async (env: NodeJS.ProcessEnv): Promise<{ status: number | null; output: string }> => {
    const cacheDir = mkdtempSync(join(tmpdir(), 'posthorn-nats-conf-'));
    try {
      const { path } = await findNatsServer({ cacheDir });
      const { status, stdout, stderr } = spawnSync(path, ['-t', '-c', join(WORKSPACE, 'docker', 'nats.conf')], { env, encoding: 'utf8' });
      return { status, output: `${stdout}${stderr}` };
    } finally {
      rmSync(cacheDir, { recursive: true });
    }
  };

  it('is accepted by a real server with the environment of its container', async () => {
    const result = await check(environmentOf(composeFile().services['nats']!, freshVariables()));
    expect(result).toMatchObject({ status: 0 });
  });

  it('is refused while a password is missing', async () => {
    const result = await check({});
    expect(result.status).not.toBe(0);
    expect(result.output).toContain('NATS_ADMIN_PASSWORD');
  });
});
