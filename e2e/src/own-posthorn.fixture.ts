import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyPorts, EXAMPLE_CONFIG, startStack, type Stack } from '@posthorn/tools';
import { Posthorn } from './posthorn.fixture.js';

/** Kept ten times as often as otherwise: many a test ends with the books. */
const BOOKS = 'audit:\n  books: { everyMs: 1000 }';

/** The whole system in real processes, on ports and in a folder of its own: for tests that break what others need. */
export async function startPosthorn(): Promise<OwnPosthorn> {
  const home = mkdtempSync(join(tmpdir(), 'posthorn-e2e-'));
  try {
    // The tests bring their own servers, whatever the person who runs them uses otherwise.
    const env = { ...process.env, POSTGRES_URL: '', NATS_URL: '' };
    const configFile = join(home, 'posthorn.yaml');
    writeFileSync(configFile, readFileSync(EXAMPLE_CONFIG, 'utf8').replace(/^audit:$/m, BOOKS));
    return new OwnPosthorn(await startStack({ home, configFile, ports: await anyPorts(), env }));
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

export class OwnPosthorn extends Posthorn {
  constructor(private readonly stack: Stack) {
    super({ home: stack.home, urls: stack.urls, keys: stack.keys });
  }

  /** Stops it in good order, until `resume`. */
  async halt(name: string): Promise<void> {
    await this.stack.process(name).stop();
  }

  async resume(name: string): Promise<void> {
    await this.stack.process(name).start();
  }

  /** kill -9 of NATS, and its disk is lost. */
  async loseNats(): Promise<void> {
    await this.stack.process('nats').kill('SIGKILL');
    rmSync(join(this.address.home, 'nats'), { recursive: true, force: true });
  }

  /** Resolves when every service says that it is ready. */
  async untilReady(): Promise<void> {
    await Promise.all([...this.stack.processes.values()].map((process) => process.ready(60_000)));
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    rmSync(this.address.home, { recursive: true, force: true });
  }
}
