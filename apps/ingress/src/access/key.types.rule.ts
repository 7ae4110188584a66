import type { PosthornEvent } from '@posthorn/contracts';
import type { AdmissionRule, Objection } from '../admission/admission.rule.js';
import type { Draft } from '../admission/draft.js';

/** A key that lists event types submits no other. */
export class KeyTypesRule implements AdmissionRule {
  judge({ type }: PosthornEvent, { caller }: Draft): Objection | undefined {
    if (caller?.types === undefined || caller.types.includes(type)) return undefined;
    return {
      decision: 'refuse',
      code: 'type-not-allowed',
      title: 'The key may not submit this type',
      reasons: [{ pointer: '/type', rule: 'type-not-allowed', message: `must be one that the key lists: ${caller.types.join(', ')}` }],
    };
  }
}
