import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkPackages, OtherBuild } from './other.build.js';
import { OptionsError } from './bench.options.js';

describe('another commit', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'posthorn-link-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };

  it('has the packages that are installed here, and its own libraries', () => {
    put('here/libs/http/index.js', 'ours, here');
    put('there/libs/http/index.js', 'ours, there');
    put('here/node_modules/zod/index.js', 'a package');
    put('here/node_modules/@nestjs/core/index.js', 'a package with a scope');
    mkdirSync(join(folder, 'here/node_modules/@posthorn'));
    symlinkSync('../../libs/http', join(folder, 'here/node_modules/@posthorn/http'));
    linkPackages(join(folder, 'here/node_modules'), join(folder, 'there/node_modules'));
    const read = (path: string): string => readFileSync(join(folder, 'there/node_modules', path), 'utf8');
    expect(['zod/index.js', '@nestjs/core/index.js', '@posthorn/http/index.js'].map(read)).toEqual(['a package', 'a package with a scope', 'ours, there']);
  });

  it('shares no cache, which a build would write into', () => {
    put('here/node_modules/.cache/built', 'here');
    mkdirSync(join(folder, 'here/node_modules/@posthorn'));
    mkdirSync(join(folder, 'there'));
    linkPackages(join(folder, 'here/node_modules'), join(folder, 'there/node_modules'));
    expect(() => readFileSync(join(folder, 'there/node_modules/.cache/built'))).toThrow('ENOENT');
  });

  it.each(['no-such-branch', '--output=/tmp/x', 'HEAD:package.json'])('is none where there is no commit %s', async (ref) => {
    await expect(OtherBuild.make(ref, new AbortController().signal)).rejects.toThrow(OptionsError);
  });
});
