import {
  LEDGER_PUBLISHERS,
  type LedgerDigestAnswer,
  ledgerDigestAnswer,
  ledgerEntriesAnswer,
  type LedgerIdsAnswer,
  ledgerIdsAnswer,
  ledgerPublisher,
  type LedgerQuestion,
  ledgerSubject,
  MAX_ENTRIES_ASKED,
} from '@posthorn/contracts';
import type { Inquiry } from '@posthorn/messaging';
import type { IdRange } from './id.range.js';

const ANSWER_TIMEOUT_MS = 5_000;
const INTRODUCTION = { maxWaitMs: 2_000, stallMs: 400 };

/** Something a publisher has; whether it is an event or an outcome is for the subscriber to find out. */
export type PublishedEntry = Record<string, unknown> & { id: string };

/** The ledgers of others, over request–reply. Every answer is checked before it is believed. */
export class LedgerPeer {
  constructor(private readonly inquiry: Inquiry) {}

  /** Who keeps a ledger and is there now. */
  async publishers(): Promise<string[]> {
    const answers = await this.inquiry.askMany<unknown>(LEDGER_PUBLISHERS, {}, INTRODUCTION);
    const names = answers.flatMap((answer) => ledgerPublisher.safeParse(answer).data?.publisher ?? []);
    return [...new Set(names)].sort();
  }

  /** Of these types; of all, without them, and where the answer names none. */
  async digest(publisher: string, question: { from: string; minAgeMs: number; types?: readonly string[] }): Promise<LedgerDigestAnswer> {
    return ledgerDigestAnswer.parse(await this.ask('digest', publisher, question));
  }

  async ids(publisher: string, range: IdRange, types?: readonly string[]): Promise<LedgerIdsAnswer> {
    return ledgerIdsAnswer.parse(await this.ask('ids', publisher, { ...range, types }));
  }

  /** The entries of ascending ids, in portions that fit into an answer. What the publisher no longer has is left out. */
  async *entries(publisher: string, ids: readonly string[]): AsyncGenerator<PublishedEntry[]> {
    for (let next = 0; next < ids.length; ) {
      const asked = ids.slice(next, next + MAX_ENTRIES_ASKED);
      const { entries } = ledgerEntriesAnswer.parse(await this.ask('entries', publisher, { ids: asked }));
      const last = entries.at(-1)?.id;
      // Answered up to there; what came before it and is not among them does not exist.
      next += last === undefined ? asked.length : asked.indexOf(last) + 1 || asked.length;
      const wanted = entries.filter((entry) => asked.includes(entry.id));
      if (wanted.length > 0) yield wanted;
    }
  }

  private ask(question: LedgerQuestion, publisher: string, data: unknown): Promise<unknown> {
    return this.inquiry.ask<unknown>(ledgerSubject(question, publisher), data, { timeoutMs: ANSWER_TIMEOUT_MS });
  }
}
