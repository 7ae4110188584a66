import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type AskedKey, type AskedKeyKind, keysAnswer, type KeysQuestion, keysSubject } from '@posthorn/contracts';
import type { HealthRegistry } from '@posthorn/observability';
import type { ApiKeyEntry, KeyRing } from './key.ring.js';

/** Half of what a revocation may take. */
const EVERY_MS = 1_000;

export interface AskedKeysParts {
  kind: AskedKeyKind;
  ring: KeyRing;
  health: HealthRegistry;
  /** Puts a question to ingress; rejects when it does not answer. */
  ask: (subject: string, question: KeysQuestion) => Promise<unknown>;
  entryOf: (key: AskedKey) => ApiKeyEntry;
  /** Default a second. */
  everyMs?: number;
}

/** Has a service's ring hold the keys of one kind that were made at ingress. While ingress is away those known last count on. */
export class AskedKeys implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AskedKeys.name);
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<void> | undefined;
  private held = '';
  private away: unknown;

  constructor(private readonly parts: AskedKeysParts) {
    parts.health.remark('keys', () => this.remark());
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.refresh(), this.parts.everyMs ?? EVERY_MS).unref();
    void this.refresh();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.asking;
  }

  private refresh(): Promise<void> {
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async ask(): Promise<void> {
    try {
      const keys = await this.all();
      const text = JSON.stringify(keys);
      if (this.parts.ring.incomplete || text !== this.held) this.parts.ring.hold(keys.map(this.parts.entryOf));
      this.held = text;
      this.away = undefined;
    } catch (error) {
      // NATS away is told by those whose it is; ingress away every time anew would tell nothing more.
      if (this.away === undefined) this.logger.warn({ err: error }, 'Ingress does not say which keys were made; those known last count on');
      this.away = error;
    }
  }

  private async all(): Promise<AskedKey[]> {
    const all: AskedKey[] = [];
    for (let more = true; more; ) {
      const answer = keysAnswer.parse(await this.parts.ask(keysSubject(this.parts.kind), { after: all.at(-1)?.sha256 }));
      all.push(...answer.keys);
      more = answer.more && answer.keys.length > 0;
    }
    return all;
  }

  private remark(): string | undefined {
    if (this.away === undefined) return undefined;
    return this.parts.ring.incomplete
      ? 'ingress has not said yet which keys were made by command: only those of posthorn.yaml count'
      : 'ingress does not say which keys were made by command: those known last count on';
  }
}
