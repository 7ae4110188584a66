import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.js';
import { findNatsServer } from './nats-finder.js';
import { lastLines } from './postgres-server.js';
import { ServerProcess, untilReady } from './server-process.js';

export interface NatsOptions {
  /** Keeps the streams here. Without it they live in a temporary folder that `stop()` removes. */
  dir?: string;
  /** Default: a free one. */
  port?: number;
  /** Lines added to nats.conf, such as `accounts` or `authorization`. */
  conf?: string;
  /** The program. Default: found as `findNatsServer()` says. */
  binary?: string;
  logFile?: string;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  readonly running: boolean;
  readonly exited: Promise<void>;
  /** How the last run ended: `exit code 1`, `signal SIGKILL`. */
  readonly ending: string;
  /** Where the streams' files are. */
  readonly storeDir: string;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Again, on the same data and port, after a kill. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Replaces the added lines and has the running server read them. */
  reload(conf: string): Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;

/** A NATS server with JetStream, on this machine only. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const binary = options.binary ?? (await findNatsServer()).path;
  const server = new LocalNats(options, binary, options.port ?? (await freePort()));
  await server.start();
  return server;
}

class LocalNats implements NatsServer {
  readonly logFile: string;
  readonly storeDir: string;
  private readonly parent: string;
  private readonly temporary: boolean;
  private readonly confFile: string;
  private process: ServerProcess | undefined;
  private conf: string;

  constructor(
    options: NatsOptions,
    private readonly binary: string,
    readonly port: number,
  ) {
    this.temporary = options.dir === undefined;
    this.parent = options.dir ?? mkdtempSync(join(tmpdir(), 'posthorn-nats-'));
    this.storeDir = join(this.parent, 'store');
    this.confFile = join(this.parent, 'nats.conf');
    this.logFile = options.logFile ?? join(this.parent, 'nats.log');
    this.conf = options.conf ?? '';
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.live().pid;
  }

  get running(): boolean {
    return this.process?.running ?? false;
  }

  get exited(): Promise<void> {
    return this.live().exited;
  }

  get ending(): string {
    return this.live().ending;
  }

  async start(): Promise<void> {
    if (this.running) return;
    // At every start: whoever wipes the store tends to wipe the folder.
    mkdirSync(dirname(this.logFile), { recursive: true });
    this.writeConf();
    this.process = new ServerProcess({
      command: this.binary,
      args: ['--config', this.confFile],
      logFile: this.logFile,
      stopSignal: 'SIGINT',
      ...(this.temporary ? { cleanUp: this.parent } : {}),
    });
    try {
      await untilReady(this.process, () => greets(this.port), READY_TIMEOUT_MS);
    } catch (cause) {
      await this.process.kill();
      throw new Error(`NATS did not start on port ${this.port}.\n${lastLines(this.logFile, 12)}`, { cause });
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.process?.kill(signal);
  }

  async stop(): Promise<void> {
    await this.process?.stop();
    if (this.temporary) rmSync(this.parent, { recursive: true, force: true });
  }

  async reload(conf: string): Promise<void> {
    this.conf = conf;
    this.writeConf();
    await this.process?.kill('SIGHUP');
  }

  private live(): ServerProcess {
    if (this.process === undefined) throw new Error('NATS has not been started.');
    return this.process;
  }

  // The file holds passwords when there are users.
  private writeConf(): void {
    mkdirSync(this.parent, { recursive: true });
    const lines = [`listen: "127.0.0.1:${this.port}"`, `jetstream: { store_dir: ${JSON.stringify(this.storeDir)} }`, this.conf];
    writeFileSync(this.confFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  }
}

// A NATS server speaks first.
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(1_000, () => answer(false));
    socket.once('error', () => answer(false));
    socket.once('data', (data) => answer(data.toString().startsWith('INFO ')));
  });
}
