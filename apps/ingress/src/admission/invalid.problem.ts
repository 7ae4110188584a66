import type { ContractIssue } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';

/** Lists all that is wrong with an event. */
export function invalidEvent(errors: ContractIssue[]): Problem {
  return new Problem({
    status: 422,
    code: 'validation-failed',
    title: 'The event is not valid',
    detail: `${errors.length === 1 ? 'One field is' : `${errors.length} fields are`} wrong. The event was not accepted.`,
    errors,
  });
}
