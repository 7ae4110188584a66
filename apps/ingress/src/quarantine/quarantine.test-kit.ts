import type { PosthornEvent } from '@posthorn/contracts';
import { ADMISSION_RULES, type AdmissionRule } from '../admission/admission.rule.js';
import type { TestIngress } from '../ingress.test-kit.js';

/** Has the ingress hold, or refuse, what the test says. */
export function addRule({ app }: TestIngress, judge: AdmissionRule['judge']): void {
  app.get<AdmissionRule[]>(ADMISSION_RULES).push({ judge });
}

/** Holds whatever says "casino". */
export function holdCasinos(event: PosthornEvent): ReturnType<AdmissionRule['judge']> {
  if (!JSON.stringify(event.data).includes('casino')) return undefined;
  return { decision: 'hold', code: 'spam-suspected', title: 'It looks like spam', reasons: [{ pointer: '/data/message', rule: 'words', message: 'has words of spam' }] };
}

export function casino(email = 'spammer@example.com', message = 'Visit our casino') {
  return { type: 'lead.submitted', data: { person: { email, name: 'Sam Spam' }, message } };
}

export interface Shown {
  id: string;
  state: string;
  code: string;
  reasons: unknown[];
}

export interface StepAnswer {
  done: { id: string; eventId?: string }[];
  stayed: { id: string; code: string }[];
  next: string | null;
}

/** The data of quarantine.released and quarantine.discarded. */
export interface Told {
  cause?: string;
  actor?: string;
  entries: { id: string; state: string; code: string; event?: string }[];
}
