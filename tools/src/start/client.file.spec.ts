import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeClientFile } from './client.file.js';

const folder = mkdtempSync(join(tmpdir(), 'posthorn-client-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('client.json', () => {
  it('has addresses and keys, and is for its owner only, whatever was there before', () => {
    const file = join(folder, 'client.json');
    writeFileSync(file, 'old', { mode: 0o644 });
    writeClientFile(file, { urls: { ingress: 'http://i', audit: 'http://a', console: 'http://c' }, keys: { site: 's', auditor: 'a', operator: 'o' } }, ['log+1234+key']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ingress: { url: 'http://i', key: 's', operatorKey: 'o' }, audit: { url: 'http://a', key: 'a', verifierKeys: ['log+1234+key'] }, console: { url: 'http://c', key: 'o' } });
  });
});
