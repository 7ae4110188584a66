import { Injectable, Logger } from '@nestjs/common';
import { ContractError } from '@posthorn/contracts';
import { type Counter, Metrics } from '@posthorn/observability';
import { entryOfEvent, entryOfOutcome, type NewEntry } from './entry.js';
import { EntryWriter } from './entry.writer.js';

/** A message as it came, and from where: its subject, or the service that sent it again. */
export interface Recordable {
  envelope: unknown;
  origin: string;
}

/** Which stream or ledger a message comes from. */
export type RecordedFrom = keyof typeof ENTRY_OF;

const ENTRY_OF = { event: entryOfEvent, outcome: entryOfOutcome } as const;

/** Turns messages into entries of the log. */
@Injectable()
export class EntryRecorder {
  private readonly logger = new Logger(EntryRecorder.name);
  private readonly recorded: Counter<'kind'>;
  private readonly unreadable: Counter<'kind'>;

  constructor(
    private readonly writer: EntryWriter,
    metrics: Metrics,
  ) {
    this.recorded = metrics.counter('audit_entries_total', 'Entries appended to the log', ['kind']);
    this.unreadable = metrics.counter('audit_unreadable_total', 'Messages without a readable envelope, which were dropped', ['kind']);
  }

  /** Resolves after the commit. What the log has already changes nothing. */
  async record(kind: RecordedFrom, messages: readonly Recordable[]): Promise<void> {
    const entries = messages.flatMap((message) => this.readable(kind, message));
    this.recorded.inc({ kind }, await this.writer.append(entries));
  }

  // Without an id there is nothing to record it under, and it would come again for ever.
  private readable(kind: RecordedFrom, { origin, envelope }: Recordable): NewEntry[] {
    try {
      return [ENTRY_OF[kind](envelope)];
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      this.unreadable.inc({ kind });
      this.logger.error({ err: error, origin }, 'A message without a readable envelope cannot be recorded');
      return [];
    }
  }
}
