import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentFile, writeEnvironmentFile } from '../../docker-env.mjs';
import { fingerprintOf } from '../start/secret.store.js';
import { freshVariables } from './compose.test-kit.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-docker-env-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('npm run docker:env', () => {
  it('writes a file that only its owner can read', () => {
    const file = join(folder, '.env');
    expect(writeEnvironmentFile(file)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('leaves an existing file alone, whose passwords the volumes know', () => {
    const file = join(folder, '.env');
    writeFileSync(file, 'MINE=1\n');
    expect(writeEnvironmentFile(file)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe('MINE=1\n');
  });

  it('makes every secret anew', () => {
    const [one, other] = [freshVariables(), freshVariables()];
    const kept = Object.keys(one).filter((name) => one[name] === other[name]);
    expect(kept).toEqual(['COMPOSE_PROJECT_NAME', 'POSTHORN_INGRESS_URL', 'POSTHORN_WEBSITE_URL']);
  });

  it('gives each key with its hash', () => {
    const variables = freshVariables();
    for (const key of ['POSTHORN_SITE_KEY', 'POSTHORN_AUDITOR_KEY', 'POSTHORN_OPERATOR_KEY']) {
      expect(variables[`${key}_SHA256`]).toBe(fingerprintOf(variables[key]!));
    }
  });

  it('uses no character that Compose, a shell or nats.conf would read as more than text', () => {
    for (const line of environmentFile().split('\n').filter((text) => !text.startsWith('#') && text !== '')) {
      expect(line).toMatch(/^[A-Z][A-Z0-9_]*=([a-z][a-z0-9_]*|[0-9a-f]{64}|http:\/\/127\.0\.0\.1:\d+)$/);
    }
  });
});
