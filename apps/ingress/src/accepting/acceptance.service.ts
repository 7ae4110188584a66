import { hash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { eventSubject, type PosthornEvent } from '@posthorn/contracts';
import { Problem, problemOf } from '@posthorn/http';
import { type AcceptEntry, type Acceptance as LedgerAcceptance, Ledger, peopleOf } from '@posthorn/ledger';
import { type Counter, Metrics } from '@posthorn/observability';
import type { Transaction } from '@posthorn/persistence';

export interface Acceptance {
  id: string;
  acceptedAt: Date;
  /** The same request had been accepted before; nothing new happened. */
  replayed: boolean;
}

export interface Once {
  idempotencyKey: string;
  /** What must be the same when the key is used again. */
  content: Uint8Array | string;
}

/** An event that has passed the door. */
export interface Acceptable {
  event: PosthornEvent;
  once: Once | undefined;
}

/** An event that comes in later than it was sent. */
export interface Waited {
  event: PosthornEvent;
  idempotencyKey: string | undefined;
  bodyHash: Buffer | undefined;
}

type LedgerAnswers = Awaited<ReturnType<Ledger['acceptWithin']>>;

/** Puts events into the ledger; everything after that is the relay's. */
@Injectable()
export class AcceptanceService {
  private readonly logger = new Logger(AcceptanceService.name);
  private readonly accepted: Counter<'type' | 'status'>;

  constructor(
    private readonly ledger: Ledger,
    metrics: Metrics,
  ) {
    this.accepted = metrics.counter('ingress_events_total', 'Events submitted, by what was decided', ['type', 'status']);
  }

  /** Accepts in the caller's transaction what was set aside; answers each in the order given. */
  async acceptWithin(tx: Transaction, waited: readonly Waited[]): Promise<LedgerAnswers> {
    const answers = await this.ledger.acceptWithin(
      tx,
      waited.map(({ event, ...key }) => ({ ...key, envelope: event, subject: eventSubject(event.site, event.type), people: peopleOf(event) })),
    );
    tx.afterCommit(() => waited.forEach(({ event }) => this.accepted.inc({ type: event.type, status: 'released' })));
    return answers;
  }

  /** Resolves strictly after the ledger's commit. */
  async accept(event: PosthornEvent, once?: Once): Promise<Acceptance> {
    return this.count(event, await this.ledger.accept(entryOf(event, once)));
  }

  /** Events that came together share as few commits as they can. Never rejects: one that fails does not fail the others. */
  async acceptAll(events: readonly Acceptable[]): Promise<(Acceptance | Problem)[]> {
    const answers = await this.ledger.acceptAll(events.map(({ event, once }) => entryOf(event, once)));
    return answers.map((answer, index) => {
      const { event } = events[index] as Acceptable;
      try {
        if (answer instanceof Error) throw answer;
        return this.count(event, answer);
      } catch (error) {
        const problem = problemOf(error);
        if (problem.status === 500) this.logger.error({ msg: 'an event of a batch failed', err: error, eventId: event.id });
        return problem;
      }
    });
  }

  private count(event: PosthornEvent, result: LedgerAcceptance): Acceptance {
    this.accepted.inc({ type: event.type, status: result.status });
    if (result.status === 'conflict') throw keyConflict(result.id);
    return { id: result.id, acceptedAt: result.acceptedAt, replayed: result.status === 'replayed' };
  }
}

export function contentHash({ content }: Once): Buffer {
  return hash('sha256', content, 'buffer');
}

function entryOf(event: PosthornEvent, once: Once | undefined): AcceptEntry {
  return {
    envelope: event,
    subject: eventSubject(event.site, event.type),
    idempotencyKey: once?.idempotencyKey,
    bodyHash: once === undefined ? undefined : contentHash(once),
    people: peopleOf(event),
  };
}

export function keyConflict(id: string): Problem {
  return new Problem({
    status: 409,
    code: 'idempotency-conflict',
    title: 'The Idempotency-Key was used for another body',
    detail: `It belongs to event ${id}. Use a fresh key for a new event, and the same body to repeat one.`,
  });
}
