import { createEvent, type PosthornEvent } from '@posthorn/contracts';
import { CredentialsError, GuardRejectedError, PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { type ClaimedDelivery } from '../delivery.row.js';
import { retryPolicy } from '../retry.policy.js';
import { type Decision, decide, delivered, superseded } from '../settlement.decision.js';
import { DeliveryModel } from './delivery.model.test-kit.js';
import { type Command, type Ending, type Program } from './program.test-kit.js';

const RETRY = retryPolicy.parse({ firstDelayMs: 60_000 });

/** One connection with its program, its model, and the claims that were made in it. */
export class World {
  readonly model: DeliveryModel;
  readonly events: readonly PosthornEvent<'lead.submitted'>[];
  readonly claims: ClaimedDelivery[] = [];

  constructor(
    /** Of its site and of its only connection. */
    readonly id: string,
    readonly program: Program,
  ) {
    this.model = new DeliveryModel(program.latestWins);
    this.events = program.events.map(({ line, kind }) =>
      createEvent({ site: id, type: 'lead.submitted', data: { person: { email: `line-${line}@example.org` }, message: kind } }),
    );
  }

  command(step: number): Command | undefined {
    return this.program.commands[step];
  }

  /** The n-th claim from the newest. */
  claimAt(n: number): ClaimedDelivery | undefined {
    return this.claims.at(-1 - (n % Math.max(1, this.claims.length)));
  }

  deliveryAt(n: number): string | undefined {
    const ids = [...this.model.deliveries.keys()];
    return ids[n % Math.max(1, ids.length)];
  }

  /** As the attempt runner and the decision table would end it. */
  decision(delivery: ClaimedDelivery, ending: Ending, soon: boolean, now: Date): Decision {
    if (delivery.superseded) return superseded();
    if (ending === 'success') return delivered({ externalId: `ext-${delivery.fence}`, outcome: 'crm.contact.synced' });
    const { was, attempts, firstAttemptAt } = delivery;
    const { unknown: unknownPolicy } = this.program;
    const asking = was === 'unknown' && unknownPolicy === 'ask' && ending === 'retryable';
    const retry = ending === 'exhausted' ? { ...RETRY, giveUpAfterMs: 1 } : RETRY;
    const random = ending === 'exhausted' || !soon ? 1 : 0;
    return decide({ error: ERRORS[ending](), was, attempts, firstAttemptAt, asking, unknownPolicy, retry, now, random });
  }
}

const ERRORS: Record<Exclude<Ending, 'success'>, () => Error> = {
  'refused by the guard': () => new GuardRejectedError('CIRCUIT_OPEN', 'the circuit is open'),
  credentials: () => new CredentialsError('REFUSED', 'the token is refused'),
  permanent: () => new PermanentError('INVALID', 'never'),
  retryable: () => new RetryableError('BUSY', 'busy'),
  exhausted: () => new RetryableError('BUSY', 'busy for too long'),
  unknown: () => new UnknownOutcomeError('CUT', 'the connection broke'),
  unclassified: () => new TypeError('a mistake of the adapter'),
};
