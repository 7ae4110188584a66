import type { ContractIssue, PosthornEvent } from '@posthorn/contracts';
import type { Draft } from './draft.js';

export const ADMISSION_RULES = Symbol('ADMISSION_RULES');

/** Why an event that is valid is not simply accepted. */
export interface Objection {
  /** `refuse`: the sender hears why. `hold`: a person decides, and the sender sees the same answer as ever. */
  decision: 'refuse' | 'hold';
  /** Stable, kebab-case: the code of the problem, or the reason it is held for. */
  code: string;
  title: string;
  reasons: ContractIssue[];
}

/** Something every valid event must pass before it is accepted. Rules are asked in order; a refusal outweighs a hold. */
export interface AdmissionRule {
  judge(event: PosthornEvent, draft: Draft): Promise<Objection | undefined> | Objection | undefined;
}
