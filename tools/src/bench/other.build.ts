import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { WORKSPACE } from '../workspace.js';
import { OptionsError } from './bench.options.js';
import type { Rig } from './rig.js';

const run = promisify(execFile);
const BUILD_WITHIN_MS = 10 * 60_000;
const LINES_OF_FAILURE = 20;
const OURS = '@posthorn';

/** What is needed of the rig of another commit; an older one has no more. */
export type OtherRig = Pick<Rig, 'run' | 'ingress' | 'settle' | 'pidOf' | 'close'>;

/** Another commit, built in a folder of its own, with the packages that are installed here. The checkout is not touched. */
export class OtherBuild {
  private constructor(
    /** Of the commit, short. */
    readonly name: string,
    private readonly folder: string,
  ) {}

  /** Minutes of processor time. What fails leaves nothing behind. */
  static async make(ref: string, signal: AbortSignal): Promise<OtherBuild> {
    const commit = await commitOf(ref);
    const build = new OtherBuild(commit.slice(0, 7), mkdtempSync(join(tmpdir(), 'posthorn-against-')));
    try {
      await git('worktree', 'add', '--detach', '--quiet', build.tree, commit);
      linkPackages(join(WORKSPACE, 'node_modules'), join(build.tree, 'node_modules'));
      await build.compile(signal);
      return build;
    } catch (error) {
      await build.remove();
      throw error;
    }
  }

  /** Starts its stack: what measures it is of its own time, like what is measured. */
  async start(signal: AbortSignal, progress: (line: string) => void): Promise<OtherRig> {
    const { Rig: Other } = await this.load<{ Rig: { start: (signal: AbortSignal, progress: (line: string) => void) => Promise<OtherRig> } }>('rig');
    return Other.start(signal, progress);
  }

  /** What it takes for an event is taken for one here too; the other way round is not sure. */
  async leadBody(who: string): Promise<string> {
    const samples = await this.load<{ leadBody: (who: string) => string }>('samples');
    return samples.leadBody(who);
  }

  async remove(): Promise<void> {
    // What git knows of it goes first; where that fails, the folder goes all the same.
    await git('worktree', 'remove', '--force', this.tree).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
    await git('worktree', 'prune').catch(() => undefined);
  }

  private get tree(): string {
    return join(this.folder, 'tree');
  }

  private async load<T>(module: string): Promise<T> {
    return (await import(pathToFileURL(join(this.tree, 'tools', 'dist', 'bench', `${module}.js`)).href)) as T;
  }

  private async compile(signal: AbortSignal): Promise<void> {
    const nx = join(this.tree, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
    const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false', NX_WORKSPACE_ROOT_PATH: this.tree };
    try {
      await run(process.execPath, [nx, 'run-many', '-t', 'build', '--outputStyle=static'], { cwd: this.tree, env, signal, timeout: BUILD_WITHIN_MS, maxBuffer: 64 * 1024 * 1024 });
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${this.name} could not be built with the packages that are installed here:\n${endOf(stdout + stderr)}`, { cause: error });
    }
  }
}

/** Packages lead to where they are installed; our own, whose links are relative, into the other tree. */
export function linkPackages(installed: string, into: string): void {
  mkdirSync(into);
  for (const name of readdirSync(installed)) {
    if (name !== OURS && name !== '.cache') symlinkSync(join(installed, name), join(into, name));
  }
  mkdirSync(join(into, OURS));
  for (const name of readdirSync(join(installed, OURS))) symlinkSync(readlinkSync(join(installed, OURS, name)), join(into, OURS, name));
}

async function commitOf(ref: string): Promise<string> {
  try {
    return (await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`)).trim();
  } catch (error) {
    throw new OptionsError(`--against needs a commit, branch or tag of this repository; "${ref}" is none.`, { cause: error });
  }
}

async function git(...args: string[]): Promise<string> {
  return (await run('git', args, { cwd: WORKSPACE })).stdout;
}

function endOf(output: string): string {
  return output.trimEnd().split('\n').slice(-LINES_OF_FAILURE).join('\n');
}
