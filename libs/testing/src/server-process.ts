import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

export interface ServerCommand {
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Where the server's output is appended. A file and not a pipe: it outlives us without breaking the server. */
  logFile: string;
  /** How the server is asked to stop. */
  stopSignal: NodeJS.Signals;
  /** Removed by the guardian if we die without stopping the server. */
  cleanUp?: string;
}

const STOP_PATIENCE_MS = 15_000;

/**
 * A server beside us. It has a process group of its own, so a Ctrl-C in the terminal reaches us and
 * not it, and a guardian that stops it when we are killed without a chance to.
 */
export class ServerProcess {
  readonly exited: Promise<void>;
  private readonly child: ChildProcess;
  private readonly guardian: ChildProcess | undefined;

  constructor(private readonly server: ServerCommand) {
    const log = openSync(server.logFile, 'a', 0o644);
    try {
      this.child = spawn(server.command, [...server.args], {
        stdio: ['ignore', log, log],
        env: server.env ?? process.env,
        ...(server.cwd === undefined ? {} : { cwd: server.cwd }),
        detached: true,
        ...(server.uid === undefined ? {} : { uid: server.uid, gid: server.gid }),
      });
    } finally {
      closeSync(log);
    }
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => resolve());
      this.child.once('error', () => resolve());
    });
    this.guardian = this.child.pid === undefined ? undefined : guard(this.child.pid, server);
    void this.exited.then(() => this.guardian?.stdin?.end('farewell\n'));
    this.child.unref();
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.server.command} could not be started.`);
    return this.child.pid;
  }

  get running(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** How it ended: `exit code 1`, `signal SIGKILL`. */
  get ending(): string {
    if (this.child.pid === undefined) return 'could not be started';
    return this.child.signalCode === null ? `exit code ${this.child.exitCode ?? '?'}` : `signal ${this.child.signalCode}`;
  }

  /** Sends a signal and, if it ends the process, waits until it has. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    this.child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT' && signal !== 'SIGHUP') await this.exited;
  }

  /** Kills the server if it does not stop in time. */
  async stop(patienceMs = STOP_PATIENCE_MS): Promise<void> {
    if (!this.running) return;
    // A stopped process would not hear the request.
    this.child.kill('SIGCONT');
    this.child.kill(this.server.stopSignal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), patienceMs);
    await this.exited;
    clearTimeout(timer);
  }
}

// A shell that waits for our end of its input to close. The word "farewell" means that all is well.
const GUARDIAN = 'read -r word; [ "$word" = farewell ] && exit 0; kill -CONT "$1"; kill "-$2" "$1"; [ -z "$3" ] || { sleep 2; kill -KILL "$1"; rm -rf -- "$3"; }';

function guard(pid: number, server: ServerCommand): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const signal = server.stopSignal.replace('SIG', '');
  const guardian = spawn('/bin/sh', ['-c', GUARDIAN, 'posthorn-guardian', String(pid), signal, server.cleanUp ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guardian.on('error', () => undefined);
  guardian.stdin.on('error', () => undefined);
  guardian.unref();
  // The pipe's end must not keep our own event loop alive.
  if (guardian.stdin instanceof Socket) guardian.stdin.unref();
  return guardian;
}

/** Resolves when the server is ready; rejects as soon as it has died instead. */
export async function untilReady(server: ServerProcess, probe: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (!server.running) throw new Error('It ended before it was ready.');
    if (await probe().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`It was not ready within ${timeoutMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

