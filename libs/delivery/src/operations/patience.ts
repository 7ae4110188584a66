import { Database, DatabaseUnavailableError, type Transaction } from '@posthorn/persistence';
import { OperationRefusedError } from './operation-refused.error.js';

/** Less than a service's own statement timeout: a question must not make the database look overburdened. */
const PATIENCE_MS = 3_000;

/** Runs what an operator asked under a limit of its own. */
export async function withinPatience<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  try {
    return await database.transaction(async (tx) => {
      await tx.query(`SELECT set_config('statement_timeout', $1, true)`, [String(PATIENCE_MS)]);
      return work(tx);
    });
  } catch (error) {
    if (!isTooSlow(error)) throw error;
    throw new OperationRefusedError('QUESTION_TOO_WIDE', `The answer took longer than ${PATIENCE_MS / 1_000} s.`, 'Name a state such as dead, or a shorter range of time.', error);
  }
}

function isTooSlow(error: unknown): boolean {
  const { cause } = error instanceof DatabaseUnavailableError ? error : { cause: error };
  return cause instanceof Error && 'code' in cause && cause.code === '57014';
}
