import { type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Gauge, HealthRegistry, Metrics } from '@posthorn/observability';
import { LogIdentity } from '../log/log.identity.js';
import { EntryStream } from './entry.stream.js';
import { receiverOf } from './receiver.js';
import { StreamReader } from './stream.reader.js';
import type { StreamSettings } from './stream.settings.js';
import { StreamShelf, type StreamStanding } from './stream.shelf.js';

/** Every stream by itself: a receiver that is away holds up no other, and nothing else. */
export class EntryStreams implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly streams: readonly EntryStream[];

  constructor(
    settings: readonly StreamSettings[],
    { origin }: LogIdentity,
    reader: StreamReader,
    private readonly shelf: StreamShelf,
    health: HealthRegistry,
    metrics: Metrics,
  ) {
    const failures = metrics.counter('audit_stream_failures_total', 'Batches that the receiver of a stream did not acknowledge', ['stream']);
    this.streams = settings.map((one) => new EntryStream(one, receiverOf(one, origin), reader, shelf, { failed: () => failures.inc({ stream: one.id }) }));
    for (const stream of this.streams) health.remark(`stream ${stream.settings.id}`, () => stream.reason);
    metrics.gauge('audit_stream_position', 'Up to which position the receiver has the log', ['stream'], (gauge) => this.show(gauge, ({ position }) => position));
    metrics.gauge('audit_stream_behind_entries', 'Positions of the log that the receiver does not have yet', ['stream'], (gauge) => this.show(gauge, ({ behind }) => behind));
    metrics.gauge('audit_stream_acknowledged_timestamp_seconds', 'When the receiver last had everything up to its position', ['stream'], (gauge) => this.show(gauge, ({ acknowledgedAt }) => acknowledgedAt));
  }

  onApplicationBootstrap(): void {
    for (const stream of this.streams) stream.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.streams.map((stream) => stream.stop()));
    if (this.streams.length > 0) await this.shelf.release().catch(() => undefined);
  }

  /** Read from the table when somebody looks, so that every replica says the same. */
  private async show(gauge: Gauge<'stream'>, figure: (standing: StreamStanding) => number): Promise<void> {
    if (this.streams.length === 0) return;
    try {
      for (const standing of await this.shelf.standing(this.streams.map(({ settings }) => settings.id))) gauge.set({ stream: standing.stream }, figure(standing));
    } catch {
      // Postgres is away, which /ready and the log say; the last figures stay.
    }
  }
}
