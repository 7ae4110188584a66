import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { createFaultProxy } from '@posthorn/testing';
import { keyForWordPress, missingForWordPress, PHP, receivedEvents, WORKSPACE, WordPressTrial } from '@posthorn/tools';
import { describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

const missing = missingForWordPress();
const skipped = missing !== undefined && process.env['CI'] !== 'true';
if (skipped) process.stderr.write(`Skipped: the plugin for WordPress. ${missing}\n`);

describe.skipIf(skipped)('the plugin for WordPress', () => {
  const posthorn = sharedPosthorn();

  it('is PHP, each file of it', () => {
    expect(missing).toBeUndefined();
    const files = globSync('integrations/wordpress/**/*.php', { cwd: WORKSPACE });
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const { status, stdout } = spawnSync(PHP, ['-l', join(WORKSPACE, file)], { encoding: 'utf8' });
      expect(status, stdout).toBe(0);
    }
  });

  it('brings what happens on a real WordPress to Posthorn once, whatever is away meanwhile', async () => {
    const { ingress, audit } = posthorn.urls;
    // The system is shared, so it is the way to it that breaks.
    const proxy = await createFaultProxy({ target: ingress });
    try {
      const trial = new WordPressTrial(
        {
          url: `http://127.0.0.1:${proxy.port}`,
          key: await keyForWordPress(ingress, posthorn.address.keys.operator),
          away: () => {
            proxy.cut();
            return Promise.resolve();
          },
          back: () => {
            proxy.restore();
            return Promise.resolve();
          },
          received: (mark) => receivedEvents(audit, posthorn.address.keys.auditor, mark),
        },
        () => undefined,
      );
      expect((await trial.run(3)).complaints).toEqual([]);
    } finally {
      await proxy.close();
    }
  });
});
