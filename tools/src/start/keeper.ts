import { type LocalServer } from '@posthorn/testing';
import { readableTail } from './service.process.js';

export interface KeeperEvents {
  onStarted?: (name: string, pid: number) => void;
  /** It ended without being asked to. `againInMs` is undefined when it is not started again. */
  onDeath?: (death: Death) => void;
}

export interface Death {
  name: string;
  ending: string;
  lastLines: string[];
  againInMs: number | undefined;
}

export interface KeeperOptions extends KeeperEvents {
  /** Whether what dies is started again. */
  restart: boolean;
  firstWaitMs?: number;
  longestWaitMs?: number;
  /** After running for so long it is taken for healthy, and the next death waits briefly again. */
  healthyAfterMs?: number;
}

const LINES_SHOWN = 8;

/** Keeps one server running until it is told to stop it. */
export class Keeper {
  deaths = 0;
  private wanted = false;
  private waitMs: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    readonly server: LocalServer,
    private readonly options: KeeperOptions,
  ) {
    this.waitMs = options.firstWaitMs ?? 500;
  }

  async start(): Promise<void> {
    clearTimeout(this.timer);
    this.wanted = true;
    await this.server.start();
    this.options.onStarted?.(this.name, this.server.pid);
    void this.watch(Date.now());
  }

  async stop(): Promise<void> {
    this.wanted = false;
    clearTimeout(this.timer);
    await this.server.stop();
  }

  private async watch(since: number): Promise<void> {
    await this.server.exited;
    if (!this.wanted || this.server.running) return;
    if (Date.now() - since >= (this.options.healthyAfterMs ?? 60_000)) this.waitMs = this.options.firstWaitMs ?? 500;
    this.mourn(this.server.ending);
  }

  private mourn(ending: string): void {
    this.deaths += 1;
    const againInMs = this.options.restart ? this.waitMs : undefined;
    this.options.onDeath?.({ name: this.name, ending, lastLines: readableTail(this.server.logFile, LINES_SHOWN), againInMs });
    if (againInMs === undefined) return;
    this.waitMs = Math.min(this.waitMs * 2, this.options.longestWaitMs ?? 30_000);
    this.timer = setTimeout(() => {
      this.start().catch((error: unknown) => {
        // Its log follows anyway.
        if (this.wanted) this.mourn(String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '');
      });
    }, againInMs);
  }
}
