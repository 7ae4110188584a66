import { Inject, Injectable } from '@nestjs/common';
import { ContractError, type ContractIssue, parseSubmitted, type PosthornEvent } from '@posthorn/contracts';
import { Problem, problemOf } from '@posthorn/http';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { type Acceptable, type Acceptance, AcceptanceService, keyConflict } from '../accepting/acceptance.service.js';
import { Quarantine } from '../quarantine/quarantine.service.js';
import type { SetAside } from '../quarantine/set-aside.js';
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
    if (ruling.decision === 'hold') return this.hold(draft, ruling);
    return this.mayBeHeld(draft) ? this.acceptUnlessHeld(draft, ruling.event) : this.acceptance.accept(ruling.event, draft.once);
  }

  /**
   * Events that came together, each as if it had come alone: in their order, what became of it or what is wrong with it.
   * What their reader refused already is handed on. Never rejects for a single one of them.
   */
  async admitAll(drafts: readonly (Draft | Problem)[]): Promise<(Acceptance | Problem)[]> {
    const rulings = await settled(drafts.map((draft) => (draft instanceof Problem ? refused(draft) : this.examine(draft))));
    const passed: Acceptable[] = [];
    const others = new Map<number, Promise<Acceptance | Problem>>();
    for (const [index, ruling] of rulings.entries()) {
      const draft = drafts[index];
      if (draft === undefined || draft instanceof Problem) continue;
      if (ruling.decision === 'accept' && this.mayBeHeld(draft)) others.set(index, this.acceptUnlessHeld(draft, ruling.event).catch(problemOf));
      else if (ruling.decision === 'accept') passed.push({ event: ruling.event, once: draft.once });
      else others.set(index, this.setAside(draft, ruling).catch(problemOf));
    }
    const accepted = (await this.acceptance.acceptAll(passed)).values();
    const outcomes = rulings.map((ruling, index) => (others.has(index) ? undefined : ruling.decision === 'accept' ? next(accepted) : ruling.decision === 'refuse' ? ruling.problem : undefined));
    for (const [index, other] of others) outcomes[index] = await other;
    return outcomes.filter((outcome) => outcome !== undefined);
  }

  private mayBeHeld({ site, once }: Draft): boolean {
    return once !== undefined && this.quarantine.holdsFor(site);
  }

  /** What came before under this key may wait for a decision, although this would not have to. */
  private async acceptUnlessHeld(draft: Draft, event: PosthornEvent): Promise<Acceptance> {
    const held = await this.quarantine.heldBefore(draft);
    return held === undefined ? this.acceptance.accept(event, draft.once) : answerTo(held);
  }

  private setAside(draft: Draft, ruling: Exclude<Ruling, { decision: 'accept' }>): Promise<Acceptance | Problem> {
    return ruling.decision === 'hold' ? this.hold(draft, ruling) : this.refuse(draft, ruling.problem);
  }

  /** Says what `admit` would do, and does nothing. A promise only where a rule has to wait: there are many events. */
  examine(draft: Draft): Ruling | Promise<Ruling> {
    const read = readEvent(draft);
    return 'event' in read ? this.judge(read.event, draft) : refused(invalidEvent(read.issues));
  }

  private judge(event: PosthornEvent, draft: Draft, from = 0, held?: Objection): Ruling | Promise<Ruling> {
    for (let index = from; index < this.rules.length; index += 1) {
      const ruled = this.rules[index]?.judge(event, draft);
      if (ruled instanceof Promise) {
        return ruled.then((objection) => (objection?.decision === 'refuse' ? refused(refusal(objection)) : this.judge(event, draft, index + 1, held ?? objection)));
      }
      if (ruled?.decision === 'refuse') return refused(refusal(ruled));
      held ??= ruled;
    }
    return held === undefined ? { decision: 'accept', event } : { decision: 'hold', event, objection: held };
  }

  private async hold(draft: Draft, { event, objection: { code, reasons } }: Extract<Ruling, { decision: 'hold' }>): Promise<Acceptance> {
    const aside = await this.quarantine.setAside({ state: 'held', draft, event, code, reasons });
    return answerTo(aside);
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

function answerTo(aside: SetAside): Acceptance {
  if (aside.status === 'full') throw quarantineFull();
  if (aside.status === 'conflict') throw keyConflict(aside.id);
  return { id: aside.id, acceptedAt: aside.receivedAt, replayed: aside.status === 'repeated' };
}

const refused = (problem: Problem): Ruling => ({ decision: 'refuse', problem });

/** All at once, and without a turn of the event loop when none of them has to be waited for. */
function settled(rulings: (Ruling | Promise<Ruling>)[]): Promise<Ruling[]> | Ruling[] {
  const known = rulings.filter((ruling): ruling is Ruling => !(ruling instanceof Promise));
  return known.length === rulings.length ? known : Promise.all(rulings.map((ruling) => Promise.resolve(ruling)));
}

function next<T>(values: ArrayIterator<T>): T {
  const { value, done } = values.next();
  if (done === true) throw new TypeError('Fewer answers than events.');
  return value;
}

function readEvent({ envelope, issues }: Draft): { event: PosthornEvent } | { issues: ContractIssue[] } {
  try {
    const event = parseSubmitted(envelope);
    return issues.length === 0 ? { event } : { issues };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const known = new Set(issues.map(({ pointer }) => pointer));
    return { issues: [...issues, ...error.issues.filter(({ pointer }) => !known.has(pointer))] };
  }
}

function refusal({ code, title, reasons }: Objection): Problem {
  return new Problem({ status: 422, code, title, detail: 'The event was not accepted.', errors: reasons });
}

export function quarantineFull(): Problem {
  return new Problem({
    status: 503,
    code: 'quarantine-full',
    title: 'Too much waits for a decision at this site',
    detail: 'The event was not accepted. Send the same request again later.',
    retryAfterSeconds: 300,
  });
}
