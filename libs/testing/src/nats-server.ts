import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { findNatsServer } from './nats-finder.js';
import { LocalServer } from './local-server.js';
import { type ServerCommand } from './server-process.js';

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

export interface NatsServer extends LocalServer {
  readonly url: string;
  readonly port: number;
  /** Where the streams' files are. */
  readonly storeDir: string;
  /** Replaces the added lines and has the running server read them. */
  reload(conf: string): Promise<void>;
}

/** A NATS server with JetStream, on this machine only. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const binary = options.binary ?? (await findNatsServer()).path;
  const server = new LocalNats(options, binary, options.port ?? (await freePort()));
  await server.start();
  return server;
}

class LocalNats extends LocalServer implements NatsServer {
  readonly storeDir: string;
  private readonly parent: string;
  private readonly confFile: string;
  private conf: string;

  constructor(
    options: NatsOptions,
    private readonly binary: string,
    readonly port: number,
  ) {
    const parent = options.dir ?? mkdtempSync(join(tmpdir(), 'posthorn-nats-'));
    super({ name: `NATS on port ${port}`, logFile: options.logFile ?? join(parent, 'nats.log'), temporaryFolder: options.dir === undefined ? parent : undefined });
    this.parent = parent;
    this.storeDir = join(parent, 'store');
    this.confFile = join(parent, 'nats.conf');
    this.conf = options.conf ?? '';
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async reload(conf: string): Promise<void> {
    this.conf = conf;
    this.writeConf();
    await this.kill('SIGHUP');
  }

  protected command(): Promise<Omit<ServerCommand, 'logFile'>> {
    this.writeConf();
    return Promise.resolve({ command: this.binary, args: ['--config', this.confFile], stopSignal: 'SIGINT' });
  }

  // It speaks first.
  protected override answers(): Promise<boolean> {
    return greets(this.port);
  }

  // The file holds passwords when there are users.
  private writeConf(): void {
    mkdirSync(this.parent, { recursive: true });
    const lines = [`listen: "127.0.0.1:${this.port}"`, `jetstream: { store_dir: ${JSON.stringify(this.storeDir)} }`, this.conf];
    writeFileSync(this.confFile, `${lines.join('\n')}\n`, { mode: 0o600 });
  }
}

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
