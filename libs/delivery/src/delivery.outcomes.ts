import { circuitOutcome, createOutcome, credentialsOutcome, deliveryOutcome, type DeliveryOutcomeState, erasureOutcome, type NewOutcome, type Outcome, type OutcomeData, outcomeSubject, type PosthornEvent } from '@posthorn/contracts';
import { type LedgerEntry } from '@posthorn/ledger';
import { type GuardTransition } from '@posthorn/resilience';
import { type Connection } from './connection.registry.js';
import { type PlannedDelivery, type Settlement } from './delivery.row.js';
import { type DeliveryState } from './delivery.states.js';
import { ERASE, OWN_TABLES } from './erasure/erasure.names.js';

const OUTCOME_OF: Partial<Record<DeliveryState, DeliveryOutcomeState>> = {
  delivered: 'delivered',
  retrying: 'deferred',
  unknown: 'unknown',
  held: 'held',
  dead: 'dead',
  skipped: 'skipped',
};

/** Turns what happened into what the service says happened. */
export class DeliveryOutcomes {
  constructor(
    private readonly service: string,
    private readonly providerOf: (connection: string) => string | undefined,
  ) {}

  /** None for a delivery that was put back: nothing happened. */
  ofSettlement({ delivery, decision, traceparent }: Settlement): LedgerEntry | undefined {
    const state = OUTCOME_OF[decision.state];
    if (state === undefined || decision.transition === 'putBack') return undefined;
    const { event, connection, action } = delivery;
    const attempts = decision.counts ? delivery.attempts : delivery.attempts - 1;
    const data: OutcomeData = {
      ...this.about(connection, action, delivery.id, event),
      state,
      attempts,
      error: decision.error,
      nextAttemptAt: decision.nextAttemptAt?.toISOString(),
    };
    const trace = { site: event.site, correlationid: event.correlationid, traceparent: traceparent ?? event.traceparent };
    const plain = (): Outcome => createOutcome({ ...trace, type: deliveryOutcome(this.service, state), data });
    const { result } = decision;
    if (result === undefined) return this.entry(plain());
    return this.entry(
      orElse(() => createOutcome({ ...trace, type: result.outcome, data: { ...data, externalId: result.externalId, facts: result.facts && { ...result.facts } } }), plain),
    );
  }

  /** For deliveries that intake already ends: skipped, or not understood. */
  ofPlan({ id, event, connection, action, state, error }: PlannedDelivery): LedgerEntry | undefined {
    if (state === 'pending' || state === 'erased') return undefined;
    const data: OutcomeData = { ...this.about(connection, action, id, event), state, attempts: 0, error };
    return this.entry(this.create({ site: event.site, type: deliveryOutcome(this.service, state), data, correlationid: event.correlationid, traceparent: event.traceparent }));
  }

  /** The service holds nothing any more of what was to be forgotten. */
  ofErasure(deliveryId: string, { id, type, site, correlationid, traceparent }: PosthornEvent, facts: OutcomeData['facts']): LedgerEntry {
    const event = { id, type };
    const data: OutcomeData = { service: this.service, connection: OWN_TABLES, action: ERASE, deliveryId, event, state: 'erased', facts };
    return this.entry(this.create({ site, type: erasureOutcome(this.service), data, correlationid, traceparent }));
  }

  ofTransition(connection: Connection, { from, to, reason, openUntil }: GuardTransition): LedgerEntry | undefined {
    const about = { service: this.service, connection: connection.id, provider: connection.providerName };
    const nextAttemptAt = openUntil?.toISOString();
    if (to === 'parked') {
      const error = { code: 'CREDENTIALS_REJECTED', message: reason ?? 'the provider refused the credentials', remedy: `Give connection "${connection.id}" new credentials.` };
      return this.entry(this.create({ site: connection.site, type: credentialsOutcome(this.service), data: { ...about, state: 'rejected', error, nextAttemptAt } }));
    }
    if (to === 'isolated' || from === 'isolated') return undefined;
    const state = ({ open: 'opened', 'half-open': 'half-opened', closed: 'closed' } as const)[to];
    const error = reason === undefined || to !== 'open' ? undefined : { code: 'CIRCUIT_OPEN', message: reason };
    return this.entry(this.create({ site: connection.site, type: circuitOutcome(this.service, state), data: { ...about, state, error, nextAttemptAt: to === 'open' ? nextAttemptAt : undefined } }));
  }

  private about(connection: string, action: string, deliveryId: string, event: { id: string; type: string }): Omit<OutcomeData, 'state'> {
    return { service: this.service, connection, provider: this.providerOf(connection), action, deliveryId, event: { id: event.id, type: event.type } };
  }

  private create(outcome: NewOutcome): Outcome {
    return createOutcome(outcome);
  }

  private entry(outcome: Outcome): LedgerEntry {
    return { envelope: outcome, subject: outcomeSubject(this.service, outcome.type) };
  }
}

/** A handler's result the contract refuses must not undo that the delivery happened: it is then said in plain words. */
function orElse<T>(first: () => T, second: () => T): T {
  try {
    return first();
  } catch {
    return second();
  }
}
