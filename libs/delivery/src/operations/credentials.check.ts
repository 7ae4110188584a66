import { Injectable, Logger } from '@nestjs/common';
import { type CheckAnswer, type CheckQuestion } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { Database } from '@posthorn/persistence';
import { CredentialsError, GuardRejectedError } from '@posthorn/resilience';
import { type Connection } from '../connection.registry.js';
import { failureOf } from '../settlement.decision.js';
import { OperatorOutcomes } from './operator.outcomes.js';

type Checked = Pick<CheckAnswer, 'result' | 'error' | 'tookMs' | 'state'>;

/** Asks the provider whether it still accepts a connection's credentials. Through the guard, like every call. */
@Injectable()
export class CredentialsCheck {
  private readonly logger = new Logger(CredentialsCheck.name);

  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly outcomes: OperatorOutcomes,
  ) {}

  async run(connection: Connection, { actor, id }: CheckQuestion): Promise<Checked> {
    connection.guard.probeNow();
    const checked = await this.ask(connection);
    const { result, error } = checked;
    const outcome = this.outcomes.ofConnection('check', connection, { actor, operation: id, result: result ?? 'failed' }, error);
    await this.database.transaction((tx) => this.ledger.append(tx, [outcome])).catch((err: unknown) => {
      // What the provider said is worth more than a refusal to tell it.
      this.logger.error({ err, connection: connection.id, actor, result }, 'A check of credentials could not be recorded');
    });
    return checked;
  }

  async ask({ guard, check }: Connection): Promise<Checked> {
    if (check === undefined) return { result: 'unsupported', state: guard.state };
    const startedAt = performance.now();
    const since = (): number => Math.round(performance.now() - startedAt);
    try {
      await guard.run(check);
      return { result: 'accepted', tookMs: since(), state: guard.state };
    } catch (error) {
      if (error instanceof GuardRejectedError) return { result: 'not-called', error: { code: error.code, message: error.message, remedy: remedyOf(error) }, state: guard.state };
      return { result: error instanceof CredentialsError ? 'rejected' : 'failed', error: failureOf(error), tookMs: since(), state: guard.state };
    }
  }
}

const REMEDIES: Partial<Record<GuardRejectedError['code'], string>> = {
  ISOLATED: 'Release the connection first.',
  CIRCUIT_OPEN: 'Wait until the circuit lets a call through, or release the connection.',
};

const remedyOf = ({ code }: GuardRejectedError): string => REMEDIES[code] ?? 'Ask again in a moment.';
