import { Inject, Injectable } from '@nestjs/common';
import { ContractError, type ContractIssue, parseEvent, type PosthornEvent } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { type Acceptance, AcceptanceService, keyConflict } from '../accepting/acceptance.service.js';
import { Quarantine } from '../quarantine/quarantine.service.js';
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
    private readonly quarantine: Quarantine,
    @Inject(ADMISSION_RULES) private readonly rules: readonly AdmissionRule[],
  ) {}

  /** Resolves strictly after the commit, of what is held as of what is accepted; throws the problem of what is refused. */
  async admit(draft: Draft): Promise<Acceptance> {
    const ruling = await this.examine(draft);
    if (ruling.decision === 'refuse') throw await this.refuse(draft, ruling.problem);
    return ruling.decision === 'accept' ? this.acceptance.accept(ruling.event, draft.once) : this.hold(draft, ruling);
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

  private async hold(draft: Draft, { event, objection: { code, reasons } }: Extract<Ruling, { decision: 'hold' }>): Promise<Acceptance> {
    const aside = await this.quarantine.setAside({ state: 'held', draft, event, code, reasons });
    if (aside.status === 'full') throw quarantineFull();
    if (aside.status === 'conflict') throw keyConflict(aside.id);
    return { id: aside.id, acceptedAt: aside.receivedAt, replayed: aside.status === 'repeated' };
  }

  /** The sender hears what is wrong in any case; only what somebody answers for is kept. */
  private async refuse(draft: Draft, problem: Problem): Promise<Problem> {
    if (draft.caller === undefined && draft.channel !== 'webhook') return problem;
    try {
      const aside = await this.quarantine.setAside({ state: 'refused', draft, code: problem.code, reasons: problem.errors ?? [] });
      return 'receivedAt' in aside ? problem.extendedBy({ quarantineId: aside.id }) : problem;
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) return problem;
      throw error;
    }
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

function quarantineFull(): Problem {
  return new Problem({
    status: 503,
    code: 'quarantine-full',
    title: 'Too much waits for a decision at this site',
    detail: 'Nothing was accepted. Send the same request again later.',
    retryAfterSeconds: 300,
  });
}
