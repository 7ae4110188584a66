import { Inject, Injectable } from '@nestjs/common';
import { createOutcome, operatorOutcome, type OperatorVerb, type OutcomeData, outcomeSubject, type RedeliveryShare } from '@posthorn/contracts';
import { type LedgerEntry } from '@posthorn/ledger';
import { type Connection, ConnectionRegistry } from '../connection.registry.js';
import { DELIVERY_OPTIONS } from '../delivery.tokens.js';
import { type RedeliveryCandidate, type RedeliveryRow } from './redelivery.row.js';

type Facts = NonNullable<OutcomeData['facts']>;

/** What a person ordered, as outcomes: they end in the audit log beside what followed from them. */
@Injectable()
export class OperatorOutcomes {
  constructor(
    @Inject(DELIVERY_OPTIONS) private readonly options: { readonly service: string },
    private readonly connections: ConnectionRegistry,
  ) {}

  ofConnection(verb: 'isolate' | 'release' | 'check', { id, site }: Connection, facts: Facts, error?: OutcomeData['error']): LedgerEntry {
    return this.entry(verb, site, { connection: id, facts, error });
  }

  /** One delivery is on its way again. */
  ofDelivery({ id, actor }: RedeliveryRow, candidate: RedeliveryCandidate): LedgerEntry {
    const { event_id: eventId, type, connection, action, site, was, attempts } = candidate;
    const about = { connection, action, deliveryId: candidate.id, event: { id: eventId, type }, attempts };
    return this.entry('redeliver', site, { ...about, facts: { actor, redelivery: id, was } }, candidate.envelope?.correlationid);
  }

  /** Begin or end of a redelivery, one for each connection: a connection belongs to one site, and so does an outcome. */
  ofRedelivery(verb: 'redelivery-started' | 'redelivery-finished' | 'redelivery-stopped', row: RedeliveryRow, shares: readonly RedeliveryShare[], actor = row.actor): LedgerEntry[] {
    return shares.map(({ connection, site, matched, redelivered, refused }) => {
      const counts: Facts = verb === 'redelivery-started' ? { matched, perSecond: row.per_second, filter: JSON.stringify(row.filter).slice(0, 1_000) } : { matched, redelivered, refused };
      return this.entry(verb, site, { connection, facts: { actor, redelivery: row.id, ...counts } });
    });
  }

  private entry(verb: OperatorVerb, site: string, data: Omit<OutcomeData, 'service' | 'state'>, correlationid?: string): LedgerEntry {
    const { service } = this.options;
    const type = operatorOutcome(service, verb);
    const provider = this.connections.get(data.connection)?.providerName;
    const envelope = createOutcome({ site, type, correlationid, data: { service, provider, state: 'operated', ...data } });
    return { envelope, subject: outcomeSubject(service, type) };
  }
}
