import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNatsServer, type Machine, NATS_RELEASE, NatsServerMissingError } from './nats-finder.js';

let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'posthorn-finder-'));
});
afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

/** A machine without anything, except what the test puts there. */
function machine(over: Partial<Machine> = {}, files: string[] = []): Machine & { ran: string[]; asked: string[] } {
  const ran: string[] = [];
  const asked: string[] = [];
  return {
    ran,
    asked,
    env: { PATH: '/opt/bin:/usr/bin' },
    platform: 'linux',
    arch: 'x64',
    uid: 1000,
    isExecutable: (path) => files.includes(path),
    osRelease: () => 'ID=fedora\n',
    run: (command, args) => {
      ran.push([command, ...args].join(' '));
      return { ok: false, output: 'no' };
    },
    download: (url) => {
      asked.push(url);
      return Promise.reject(new Error('no network'));
    },
    ...over,
  };
}

describe('findNatsServer', () => {
  it('takes the one on the PATH first', async () => {
    const found = await findNatsServer({ cacheDir, machine: machine({}, ['/opt/bin/nats-server']) });
    expect(found).toEqual({ path: '/opt/bin/nats-server', from: 'path' });
  });

  it('looks where Debian puts it, even when the PATH does not', async () => {
    expect(await findNatsServer({ cacheDir, machine: machine({}, ['/usr/sbin/nats-server']) })).toMatchObject({ from: 'path' });
  });

  it('takes an earlier download without asking anybody', async () => {
    const cached = join(cacheDir, `nats-server-${NATS_RELEASE}`);
    const here = machine({ uid: 0, osRelease: () => 'ID=debian\n' }, [cached]);
    expect(await findNatsServer({ cacheDir, machine: here })).toEqual({ path: cached, from: 'cache' });
    expect(here.ran).toEqual([]);
  });

  it.each(['ID=debian\n', 'NAME="Ubuntu"\nID=ubuntu\n', 'ID=mint\nID_LIKE="ubuntu debian"\n'])('as root installs the package on %j', async (release) => {
    const files: string[] = [];
    const here = machine({ uid: 0, osRelease: () => release }, files);
    here.run = (command, args) => {
      here.ran.push([command, ...args].join(' '));
      if (here.ran.length === 3) files.push('/usr/sbin/nats-server');
      return { ok: here.ran.length > 1, output: '' };
    };
    expect(await findNatsServer({ cacheDir, machine: here })).toEqual({ path: '/usr/sbin/nats-server', from: 'package' });
    expect(here.ran.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['apt-get install', 'apt-get update', 'apt-get install']);
  });

  it('never runs apt-get as an ordinary user or on another system', async () => {
    for (const over of [{ uid: 1000, osRelease: () => 'ID=debian\n' }, { uid: 0 }]) {
      const here = machine(over);
      await expect(findNatsServer({ cacheDir, machine: here })).rejects.toThrow(NatsServerMissingError);
      expect(here.ran).toEqual([]);
      expect(here.asked).toHaveLength(1);
    }
  });

  it('refuses a release whose checksum is not the pinned one, and keeps nothing of it', async () => {
    const archive = Buffer.from('not what it says');
    const here = machine({ download: () => Promise.resolve(archive) });
    const error = await findNatsServer({ cacheDir, machine: here }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NatsServerMissingError);
    expect(String(error)).toContain(createHash('sha256').update(archive).digest('hex'));
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it('fetches the official release when its checksum agrees, and keeps nothing but the program', async () => {
    const source = mkdtempSync(join(tmpdir(), 'posthorn-archive-'));
    const name = `nats-server-${NATS_RELEASE}-linux-arm64`;
    mkdirSync(join(source, name));
    writeFileSync(join(source, name, 'nats-server'), 'the program', { mode: 0o755 });
    execFileSync('tar', ['-czf', join(source, 'archive.tar.gz'), '-C', source, name]);
    const archive = readFileSync(join(source, 'archive.tar.gz'));
    rmSync(source, { recursive: true });
    const here = machine({
      arch: 'arm64',
      run: (command, args) => ({ ok: spawnSync(command, [...args]).status === 0, output: '' }),
      download: (url) => {
        here.asked.push(url);
        return Promise.resolve(archive);
      },
    });
    const checksums = { 'linux-arm64': createHash('sha256').update(archive).digest('hex') };
    const found = await findNatsServer({ cacheDir, machine: here, checksums });
    expect(found).toEqual({ path: join(cacheDir, `nats-server-${NATS_RELEASE}`), from: 'release' });
    expect(here.asked).toEqual([`https://github.com/nats-io/nats-server/releases/download/${NATS_RELEASE}/${name}.tar.gz`]);
    expect(readFileSync(found.path, 'utf8')).toBe('the program');
    expect(readdirSync(cacheDir)).toEqual([`nats-server-${NATS_RELEASE}`]);
  });

  it('names every way out when nothing helps', async () => {
    const error = await findNatsServer({ cacheDir, machine: machine({ arch: 'riscv64' }) }).catch((caught: unknown) => caught);
    expect(String(error)).toContain('riscv64');
    for (const way of ['apt-get install nats-server', 'brew install', 'PATH', 'NATS_URL=']) expect(String(error)).toContain(way);
  });
});
