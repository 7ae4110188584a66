import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ServerCommand, ServerProcess, untilReady } from './server-process.js';

export interface LocalServerOptions {
  /** In what it says when it does not start: `NATS on port 4222`. */
  readonly name: string;
  readonly logFile: string;
  /** Removed when the server is stopped, or when we die without stopping it. */
  readonly temporaryFolder?: string;
  /** Default 20 s. */
  readonly readyWithinMs?: number;
  /** After so long a stop becomes a kill; default 15 s. */
  readonly stopWithinMs?: number;
}

const READY_WITHIN_MS = 20_000;
const LINES_SHOWN = 12;

/** A server on this machine that can be killed, stopped and started again, one process after the other. */
export abstract class LocalServer {
  readonly logFile: string;
  private process: ServerProcess | undefined;

  constructor(private readonly server: LocalServerOptions) {
    this.logFile = server.logFile;
  }

  /** Asked for at every start. */
  protected abstract command(): Promise<Omit<ServerCommand, 'logFile' | 'cleanUp'>>;

  /** Whether it can be used. Without it, a server is ready when it runs. */
  protected answers?(): Promise<boolean>;

  get pid(): number {
    return this.live().pid;
  }

  get running(): boolean {
    return this.process?.running ?? false;
  }

  /** Of the present run. */
  get exited(): Promise<void> {
    return this.live().exited;
  }

  /** How the last run ended: `exit code 1`, `signal SIGKILL`. */
  get ending(): string {
    return this.live().ending;
  }

  /** Again, on the same data and port, after a kill. Resolves when it is ready. */
  async start(): Promise<void> {
    if (this.running) return;
    const { name, logFile, temporaryFolder, readyWithinMs = READY_WITHIN_MS } = this.server;
    // At every start: whoever wipes the data tends to wipe the folder.
    mkdirSync(dirname(logFile), { recursive: true });
    const command = await this.command();
    const process = new ServerProcess({ ...command, logFile, cleanUp: temporaryFolder });
    this.process = process;
    if (this.answers === undefined) return;
    try {
      await untilReady(process, () => this.answers?.() ?? Promise.resolve(true), readyWithinMs);
    } catch (cause) {
      await process.kill();
      throw new Error(`${name} did not start.\n${lastLines(logFile, LINES_SHOWN)}`, { cause });
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.process?.kill(signal);
  }

  async stop(): Promise<void> {
    await this.process?.stop(this.server.stopWithinMs);
    if (this.server.temporaryFolder !== undefined) rmSync(this.server.temporaryFolder, { recursive: true, force: true });
  }

  private live(): ServerProcess {
    if (this.process === undefined) throw new Error(`${this.server.name} has not been started.`);
    return this.process;
  }
}

export function lastLines(file: string, count: number): string {
  if (!existsSync(file)) return '';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
