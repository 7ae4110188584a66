import { Inject, Injectable } from '@nestjs/common';
import { ContractError, type ContractIssue, parseEvent, type PosthornEvent } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { type Acceptance, AcceptanceService } from '../accepting/acceptance.service.js';
import { ADMISSION_RULES, type AdmissionRule, type Objection } from './admission.rule.js';
import type { Draft } from './draft.js';
import { invalidEvent } from './invalid.problem.js';

/** What is to become of a draft; nothing has happened yet. */
export type Ruling = { decision: 'accept'; event: PosthornEvent } | { decision: 'refuse'; problem: Problem } | { decision: 'hold'; event: PosthornEvent; objection: Objection };

/** The one door: whatever comes in, by whichever way, is judged here by the same rules. */
@Injectable()
export class AdmissionService {
  constructor(
    private readonly acceptance: AcceptanceService,
    @Inject(ADMISSION_RULES) private readonly rules: readonly AdmissionRule[],
  ) {}

  /** Resolves strictly after the commit; throws the problem of what is refused. */
  async admit(draft: Draft): Promise<Acceptance> {
    const ruling = await this.examine(draft);
    if (ruling.decision === 'refuse') throw ruling.problem;
    return this.acceptance.accept(ruling.event, draft.once);
  }

  /** Says what `admit` would do, and does nothing. */
  async examine(draft: Draft): Promise<Ruling> {
    const read = readEvent(draft);
    if (!('event' in read)) return { decision: 'refuse', problem: invalidEvent(read.issues) };
    const { event } = read;
    let held: Objection | undefined;
    for (const rule of this.rules) {
      // Most rules have nothing to wait for, and an event should not wait a turn for each of them.
      const ruled = rule.judge(event, draft);
      const objection = ruled instanceof Promise ? await ruled : ruled;
      if (objection?.decision === 'refuse') return { decision: 'refuse', problem: refusal(objection) };
      held ??= objection;
    }
    return held === undefined ? { decision: 'accept', event } : { decision: 'hold', event, objection: held };
  }
}

function readEvent({ envelope, issues }: Draft): { event: PosthornEvent } | { issues: ContractIssue[] } {
  try {
    const event = parseEvent(envelope);
    return issues.length === 0 ? { event } : { issues };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const known = new Set(issues.map(({ pointer }) => pointer));
    return { issues: [...issues, ...error.issues.filter(({ pointer }) => !known.has(pointer))] };
  }
}

function refusal({ code, title, reasons }: Objection): Problem {
  return new Problem({ status: 422, code, title, detail: 'Nothing was accepted.', errors: reasons });
}
