import { Injectable } from '@nestjs/common';
import { createEvent, ERASURE_EVENTS_MAX, type ErasureCause, eventSubject } from '@posthorn/contracts';
import { type ErasedEntry, Ledger } from '@posthorn/ledger';
import { type Counter, currentTraceparent, Metrics } from '@posthorn/observability';
import type { Transaction } from '@posthorn/persistence';
import { TransportEraser } from './transport.eraser.js';

export interface ErasureRequest {
  site: string;
  cause: ErasureCause;
  /** Already erased from the ledger, in the same transaction. */
  erased: readonly ErasedEntry[];
  /** The event that led to it. */
  causationid?: string;
}

/** Says to everybody which events are to be forgotten, and has NATS forget them. */
@Injectable()
export class ErasureRequests {
  private readonly counter: Counter<'cause'>;

  constructor(
    private readonly ledger: Ledger,
    private readonly transport: TransportEraser,
    metrics: Metrics,
  ) {
    this.counter = metrics.counter('ingress_erased_events_total', 'Events whose personal values were erased, by what for', ['cause']);
  }

  /** Answers the ids of the requests. There is one even where nothing was erased, so that it can be proven. */
  async append(tx: Transaction, { site, cause, erased, causationid }: ErasureRequest): Promise<string[]> {
    const requests: ReturnType<typeof createEvent<'privacy.erasure_requested'>>[] = [];
    for (let next = 0; next === 0 || next < erased.length; next += ERASURE_EVENTS_MAX) {
      const events = byType(erased.slice(next, next + ERASURE_EVENTS_MAX));
      const correlationid = requests[0]?.id;
      const traceparent = currentTraceparent();
      requests.push(createEvent({ site, type: 'privacy.erasure_requested', data: { cause, events }, source: '/privacy', correlationid, causationid, traceparent }));
    }
    await this.ledger.append(tx, requests.map((envelope) => ({ envelope, subject: eventSubject(site, envelope.type) })));
    const ids = requests.map(({ id }) => id);
    await tx.query('INSERT INTO transport_erasures (request) SELECT unnest($1::uuid[])', [ids]);
    tx.afterCommit(() => {
      this.counter.inc({ cause }, erased.length);
      this.transport.wake();
    });
    return ids;
  }
}

function byType(entries: readonly ErasedEntry[]): Record<string, string[]> {
  return Object.fromEntries([...Map.groupBy(entries, ({ type }) => type)].map(([type, each]) => [type, each.map(({ id }) => id)]));
}
