import { consentOf, type ContractIssue, type PosthornEvent, purposesLacking } from '@posthorn/contracts';
import type { AdmissionRule, Objection } from '../admission/admission.rule.js';
import type { ConsentPolicy, ConsentSettings } from './consent.settings.js';

/** An event whose site asks for a consent has it, or is refused or held as the site wants. */
export class ConsentRule implements AdmissionRule {
  constructor(private readonly bySite: ReadonlyMap<string, ConsentSettings>) {}

  judge(event: PosthornEvent): Objection | undefined {
    const policy = (this.bySite.get(event.site))?.[event.type];
    if (policy === undefined) return undefined;
    const lacking = purposesLacking(event, policy.purposes);
    if (lacking.length === 0) return undefined;
    const reasons = consentOf(event) === undefined ? [noConsent(policy)] : lacking.map(lacks);
    return { decision: policy.missing, code: 'consent-missing', title: 'The event lacks a consent that its site asks for', reasons };
  }
}

function noConsent({ purposes }: ConsentPolicy): ContractIssue {
  return { pointer: '/data/consent', rule: 'required', message: `is required here, with the purposes ${purposes.map((purpose) => `"${purpose}"`).join(', ')}` };
}

function lacks(purpose: string): ContractIssue {
  return { pointer: '/data/consent/purposes', rule: 'purpose', message: `must include "${purpose}"` };
}
