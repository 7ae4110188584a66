import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DeliveryMetrics } from '../delivery.metrics.js';

const SAMPLE_MS = 5_000;
const SAMPLES = 13;
const ENDED = new Set<unknown>(['delivered', 'dead', 'held', 'skipped']);

interface Sample {
  readonly at: number;
  readonly ended: ReadonlyMap<string, number>;
}

/** How fast each connection brings deliveries to an end, over the last minute; read off the counters that are there anyway. */
@Injectable()
export class ThroughputMeter implements OnModuleInit, OnModuleDestroy {
  private readonly samples: Sample[] = [];
  /** What it was when there last was any: an estimate for work that waits behind an open circuit. */
  private readonly lastKnown = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly metrics: DeliveryMetrics) {}

  onModuleInit(): void {
    void this.sample();
    this.timer = setInterval(() => void this.sample(), SAMPLE_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Undefined while it has not delivered anything yet. */
  async perSecond(connection: string): Promise<number | undefined> {
    const [oldest] = this.samples;
    const now = await this.read();
    const seconds = oldest === undefined ? 0 : (now.at - oldest.at) / 1_000;
    const ended = (now.ended.get(connection) ?? 0) - (oldest?.ended.get(connection) ?? 0);
    if (seconds > 0 && ended > 0) this.lastKnown.set(connection, ended / seconds);
    return this.lastKnown.get(connection);
  }

  private async sample(): Promise<void> {
    this.samples.push(await this.read());
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  private async read(): Promise<Sample> {
    const ended = new Map<string, number>();
    for (const { labels, value } of (await this.metrics.attempts.get()).values) {
      const { connection, state } = labels;
      if (connection !== undefined && ENDED.has(state)) ended.set(String(connection), (ended.get(String(connection)) ?? 0) + value);
    }
    return { at: performance.now(), ended };
  }
}
