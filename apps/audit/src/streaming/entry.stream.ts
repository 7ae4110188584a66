import { Logger } from '@nestjs/common';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { Guard, GuardRejectedError } from '@posthorn/resilience';
import type { Receiver } from './receiver.js';
import { StreamReader } from './stream.reader.js';
import type { StreamSettings } from './stream.settings.js';
import { StreamShelf } from './stream.shelf.js';

/** Beyond the deadline of a call, so that no other replica sends while this one still does. */
const LEASE_MARGIN_MS = 10_000;
/** A batch under way at a shutdown has so long to be acknowledged; else it is sent again. */
const PATIENCE_MS = 2_000;

export interface StreamListener {
  failed(): void;
}

/** Brings the log to one receiver, in its order and at least once: the position moves when the receiver has acknowledged. */
export class EntryStream {
  private readonly logger = new Logger(EntryStream.name);
  private readonly guard: Guard;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private wake: (() => void) | undefined;
  private stopped = false;
  private failures = 0;
  private complaint = '';

  constructor(
    readonly settings: StreamSettings,
    private readonly receiver: Receiver,
    private readonly reader: StreamReader,
    private readonly shelf: StreamShelf,
    private readonly listener: StreamListener,
  ) {
    this.guard = new Guard(`stream ${settings.id}`, settings.guard);
  }

  /** Why nothing arrives, in a person's words; undefined while it does. */
  get reason(): string | undefined {
    return this.complaint === '' ? undefined : this.complaint;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    const patience = setTimeout(() => this.stopping.abort(), PATIENCE_MS);
    await this.running;
    clearTimeout(patience);
    this.guard.close();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const pauseMs = await this.round();
      if (pauseMs > 0) await this.pause(pauseMs);
    }
  }

  /** One batch at most; answers how long to wait for the next. */
  private async round(): Promise<number> {
    try {
      const more = await this.bring();
      if (this.complaint !== '') this.logger.log({ stream: this.settings.id }, 'The receiver of a stream takes entries again');
      [this.failures, this.complaint] = [0, ''];
      return more ? 0 : this.settings.everyMs;
    } catch (error) {
      return this.failed(error);
    }
  }

  private async bring(): Promise<boolean> {
    const { id, guard } = this.settings;
    if (!(await this.shelf.isBehind(id))) return false;
    const from = await this.shelf.take(id, guard.deadlineMs + LEASE_MARGIN_MS);
    if (from === undefined) return false;
    const { most } = this.receiver;
    const { entries, until } = await this.reader.after(from, this.settings, most.entries);
    const messages = upTo(most.bytes, entries.map((entry) => this.receiver.write(entry)));
    if (messages.length > 0) await this.guard.run((signal) => this.receiver.deliver(messages, AbortSignal.any([signal, this.stopping.signal])));
    const to = messages.length === entries.length ? until : (entries[messages.length - 1]?.position ?? from);
    await this.shelf.advance(id, from, to);
    return true;
  }

  private failed(error: unknown): number {
    const { everyMs, id } = this.settings;
    // An outage of Postgres is told by those whose it is.
    if (error instanceof DatabaseUnavailableError || this.stopped) return everyMs;
    if (!(error instanceof GuardRejectedError)) {
      this.failures += 1;
      this.listener.failed();
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.complaint) this.logger.warn({ stream: id, reason, err: error }, 'A stream of the log does not get on; it goes on where it is when its receiver is back');
      this.complaint = reason;
    }
    const backoffMs = Math.min(this.guard.options.maxOpenMs, everyMs * 2 ** Math.min(this.failures, 16)) * (0.5 + Math.random() / 2);
    return Math.max(backoffMs, (this.guard.availableAt()?.getTime() ?? 0) - Date.now());
  }

  private async pause(ms: number): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The first of them that have no more bytes than that; one at least. */
function upTo(mostBytes: number, messages: readonly string[]): string[] {
  let bytes = 0;
  const beyond = messages.findIndex((message, at) => (bytes += Buffer.byteLength(message)) > mostBytes && at > 0);
  return messages.slice(0, beyond < 0 ? messages.length : beyond);
}
