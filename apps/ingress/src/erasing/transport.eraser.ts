import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { acceptedAtOf, EVENTS_STREAM, eventsOfSite } from '@posthorn/contracts';
import { MessageEraser, MessagingUnavailableError, NatsConnectionProvider } from '@posthorn/messaging';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { eventsOf, type TransportErasure, TransportErasures } from './transport.erasures.js';

const EVERY_MS = 1_000;
const RENEW_EVERY_MS = 20_000;

/**
 * Overwrites what NATS still has of erased events. It begins after their commit, goes on after a restart, and waits while
 * NATS is away; one replica at a time.
 */
@Injectable()
export class TransportEraser implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TransportEraser.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private failing = false;
  private readonly stopping = new AbortController();

  constructor(
    private readonly erasures: TransportErasures,
    private readonly messages: MessageEraser,
    private readonly connection: NatsConnectionProvider,
  ) {}

  onApplicationBootstrap(): void {
    this.connection.onConnected(() => this.wake());
    this.timer = setInterval(() => this.wake(), EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.running;
  }

  wake(): void {
    if (this.stopping.signal.aborted || !this.connection.connected) return;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  private async run(): Promise<void> {
    try {
      for (let next = await this.erasures.claim(); next !== undefined; next = await this.erasures.claim()) {
        await this.erase(next);
        this.failing = false;
        if (this.stopping.signal.aborted) return;
      }
    } catch (error) {
      if (error instanceof DatabaseUnavailableError || error instanceof MessagingUnavailableError || this.stopping.signal.aborted) return;
      // Once per outage, not every second.
      if (!this.failing) this.logger.error({ err: error }, 'Erased events could not be erased from NATS; it will be tried again');
      this.failing = true;
    }
  }

  private async erase(erasure: TransportErasure): Promise<void> {
    const requestOf = new Map(erasure.requests.flatMap((request) => eventsOf(request).map((id) => [id, request.id] as const)));
    const [oldest] = [...requestOf.keys()].sort();
    const messages = new Map<string, number>();
    const count = (id: string): void => {
      const request = requestOf.get(id) ?? id;
      messages.set(request, (messages.get(request) ?? 0) + 1);
    };
    const renewing = setInterval(() => void this.erasures.renew(erasure).catch(() => undefined), RENEW_EVERY_MS);
    try {
      if (oldest !== undefined) {
        const search = { stream: EVENTS_STREAM, subject: eventsOfSite(erasure.site), ids: new Set(requestOf.keys()), since: acceptedAtOf(oldest) };
        await this.messages.erase({ ...search, onErased: count, signal: this.stopping.signal });
      }
    } catch (error) {
      await this.erasures.giveUp(erasure, messages);
      throw error;
    } finally {
      clearInterval(renewing);
    }
    await this.erasures.complete(erasure, messages);
  }
}
