import type { ContractIssue } from '@posthorn/contracts';
import type { SpamSettings } from './spam.settings.js';

/** Why somebody may not be a person who means it. Says what was noticed, never what was typed. */
export type Suspicion = ContractIssue;

/** What is known of a submission beside its event, when it is judged. */
export interface SpamContext {
  settings: SpamSettings;
  form?: string;
  /** What its reader notices in fields that are no part of the event. Asked once, of what is valid: it spends what was solved for this. */
  notice: () => Promise<readonly Suspicion[]>;
  address?: string;
  userAgent?: string;
}

export function suspicion(rule: string, message: string, pointer = ''): Suspicion {
  return { pointer, rule, message };
}
