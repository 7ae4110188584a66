import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { eventSubject, type PosthornEvent } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { Ledger, peopleOf } from '@posthorn/ledger';
import { type Counter, Metrics } from '@posthorn/observability';

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

/** Puts events into the ledger; everything after that is the relay's. */
@Injectable()
export class AcceptanceService {
  private readonly accepted: Counter<'type' | 'status'>;

  constructor(
    private readonly ledger: Ledger,
    metrics: Metrics,
  ) {
    this.accepted = metrics.counter('ingress_events_total', 'Events submitted, by what was decided', ['type', 'status']);
  }

  /** Resolves strictly after the ledger's commit. */
  async accept(event: PosthornEvent, once?: Once): Promise<Acceptance> {
    const result = await this.ledger.accept({
      envelope: event,
      subject: eventSubject(event.site, event.type),
      idempotencyKey: once?.idempotencyKey,
      bodyHash: once === undefined ? undefined : contentHash(once),
      people: peopleOf(event),
    });
    this.accepted.inc({ type: event.type, status: result.status });
    if (result.status === 'conflict') throw keyConflict(result.id);
    return { id: result.id, acceptedAt: result.acceptedAt, replayed: result.status === 'replayed' };
  }
}

export function contentHash({ content }: Once): Buffer {
  return hash('sha256', content, 'buffer');
}

export function keyConflict(id: string): Problem {
  return new Problem({
    status: 409,
    code: 'idempotency-conflict',
    title: 'The Idempotency-Key was used for another body',
    detail: `It belongs to event ${id}. Use a fresh key for a new event, and the same body to repeat one.`,
  });
}
