import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Death } from '../../start/keeper.js';
import type { Stack } from '../../start/stack.js';
import type { Fault, ProviderFaultKind, ProviderName } from './fault.plan.js';
import { deleteConsumer } from './nats.admin.js';
import { signalFamily } from './process.signals.js';
import type { StormLog } from './storm.log.js';

const RESTART_AFTER_MS = 500;
const START_TRIES = 20;

/** What the sandbox is told. */
function orderFor(provider: ProviderName, kind: ProviderFaultKind): object {
  // 500 is a final refusal of the mail; a mail server that cannot do it now says 451.
  return kind === 'status' && provider === 'smtp' ? { kind, status: 451 } : ORDERS[kind];
}

const ORDERS: Record<ProviderFaultKind, object> = {
  down: { kind: 'down' },
  latency: { kind: 'latency', ms: 1_500 },
  hang: { kind: 'hang' },
  cut: { kind: 'cut' },
  'cut-after': { kind: 'cut-after' },
  duplicate: { kind: 'duplicate' },
  'rate-limit': { kind: 'rate-limit', retryAfterSeconds: 1 },
  status: { kind: 'status', status: 500 },
  garbage: { kind: 'garbage' },
};

/** Breaks things, and is the supervisor who starts again what it or anything else has killed. */
export class FaultInjector {
  private readonly sandboxUrl: string;
  private readonly broken = new Set<string>();
  private stopped = false;
  private readonly underway = new Set<Promise<void>>();

  constructor(
    private readonly stack: Stack,
    private readonly log: StormLog,
  ) {
    this.sandboxUrl = `${stack.urls['sandbox'] ?? ''}/sandbox/faults`;
  }

  /** Carries the plan out; resolves when the last fault is over and everything runs again. */
  async run(faults: readonly Fault[], sinceMs: number, signal: AbortSignal): Promise<void> {
    for (const fault of faults) {
      await until(sinceMs + fault.atMs, signal);
      if (signal.aborted) break;
      this.track(this.inflict(fault));
    }
    await this.settled();
  }

  /** From now on what dies stays dead. */
  end(): void {
    this.stopped = true;
  }

  /** For a process that ended without our doing. Starting it again is what every supervisor does. */
  restart({ name, ending }: Death): void {
    if (this.broken.has(name) || this.stopped) return;
    const over = this.log.begin(name, 'death', ending);
    this.track(pause(RESTART_AFTER_MS).then(() => this.startAgain(name)).finally(over));
  }

  async settled(): Promise<void> {
    while (this.underway.size > 0) await Promise.all(this.underway);
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.underway.delete(tracked));
    // Whoever waits for `settled` hears of a failure; until then it must not count as unhandled.
    tracked.catch(() => undefined);
    this.underway.add(tracked);
  }

  private async inflict(fault: Fault): Promise<void> {
    const note = fault.kind === 'delete-consumer' ? `${fault.consumer.durable} of ${fault.consumer.stream}` : undefined;
    const over = this.log.begin(fault.target, fault.kind, note);
    try {
      await this.apply(fault);
    } finally {
      over();
    }
  }

  private async apply(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'kill':
        return this.whileDead(fault.target, () => pause(fault.durationMs));
      case 'stop': {
        const { pid } = this.stack.process(fault.target);
        signalFamily(pid, 'SIGSTOP');
        await pause(fault.durationMs);
        signalFamily(pid, 'SIGCONT');
        return;
      }
      case 'wipe':
        return this.whileDead('nats', async () => {
          rmSync(this.store, { recursive: true, force: true });
          await pause(fault.durationMs);
        });
      case 'rollback': {
        const copy = `${this.store}.copy`;
        await this.whileDead('nats', () => {
          rmSync(copy, { recursive: true, force: true });
          if (existsSync(this.store)) cpSync(this.store, copy, { recursive: true });
          return Promise.resolve();
        });
        await pause(fault.durationMs);
        return this.whileDead('nats', () => {
          rmSync(this.store, { recursive: true, force: true });
          if (existsSync(copy)) renameSync(copy, this.store);
          return Promise.resolve();
        });
      }
      case 'delete-consumer': {
        const { natsAdmin } = JSON.parse(readFileSync(join(this.stack.home, 'secrets.json'), 'utf8')) as { natsAdmin: string };
        // It may be gone with its stream already.
        await deleteConsumer(this.stack.urls['nats'] ?? '', natsAdmin, fault.consumer).catch(() => false);
        return;
      }
      case 'down':
      case 'latency':
      case 'hang':
      case 'cut':
      case 'cut-after':
      case 'duplicate':
      case 'rate-limit':
      case 'status':
      case 'garbage':
        return this.upset(fault.target, fault.kind, fault.durationMs);
    }
  }

  private async upset(provider: ProviderName, kind: ProviderFaultKind, durationMs: number): Promise<void> {
    const url = `${this.sandboxUrl}/${provider}`;
    const body = JSON.stringify({ ...orderFor(provider, kind), seconds: durationMs / 1_000 });
    const response = await fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
    if (!response.ok) throw new Error(`The sandbox refused the fault ${kind}: ${await response.text()}`);
    await pause(durationMs);
    await fetch(url, { method: 'DELETE' });
  }

  private get store(): string {
    return join(this.stack.home, 'nats', 'store');
  }

  private async whileDead(name: string, work: () => Promise<void>): Promise<void> {
    this.broken.add(name);
    try {
      await this.stack.process(name).kill('SIGKILL');
      await work();
      await this.startAgain(name);
    } finally {
      this.broken.delete(name);
    }
  }

  private async startAgain(name: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.stack.process(name).start();
        return;
      } catch (error) {
        // Postgres's orphans hold its memory for a moment.
        if (tries >= START_TRIES) throw error;
        await pause(250);
      }
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function until(time: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.max(0, time - Date.now()));
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
