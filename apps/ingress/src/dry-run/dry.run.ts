import { Injectable, Logger } from '@nestjs/common';
import { EVENTS_STREAM, MAPPING_PREVIEW, type PosthornEvent, PREVIEW_EVENTS_MAX, previewAnswer, type PreviewAnswer, type PreviewReceiver } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { Inquiry, StreamSubscribers } from '@posthorn/messaging';
import { AdmissionService, type Ruling } from '../admission/admission.service.js';
import type { Draft } from '../admission/draft.js';

export type Receiver = Omit<PreviewReceiver, 'eventId'> & { service: string };

export interface Rehearsal {
  valid: boolean;
  decision: Ruling['decision'];
  problem?: Problem;
  /** Why a person would have to decide. */
  held?: { code: string; reasons: readonly object[] };
  /** As it would be published; its id and its time of acceptance are made anew when it is really sent. */
  event?: PosthornEvent;
  receivers?: Receiver[];
}

export interface DryRunAnswer {
  rehearsals: Rehearsal[];
  /** Services that take events and did not say what they would do. */
  notAnswered: string[];
  note?: string;
}

const NAMES_WITHIN_MS = 500;
const ANSWERS_WITHIN_MS = 1_400;
const STALL_MS = 100;
/** A message carries a megabyte. */
const QUESTION_CHARACTERS = 512 * 1024;

/** Says what would become of events, without effect: the same judgement, then each service's own word. */
@Injectable()
export class DryRun {
  private readonly logger = new Logger(DryRun.name);

  constructor(
    private readonly admission: AdmissionService,
    private readonly inquiry: Inquiry,
    private readonly subscribers: StreamSubscribers,
  ) {}

  /** `mapped`: also what each provider would be told. */
  async of(drafts: readonly (Draft | Problem)[], mapped: boolean): Promise<DryRunAnswer> {
    const rulings = await Promise.all(drafts.map((draft): Promise<Ruling> => Promise.resolve(draft instanceof Problem ? { decision: 'refuse', problem: draft } : this.admission.examine(draft))));
    const events = rulings.flatMap((ruling) => (ruling.decision === 'refuse' ? [] : [ruling.event]));
    const { answers, notAnswered, note } = events.length === 0 ? { answers: [], notAnswered: [], note: undefined } : await this.ask(events, mapped);
    const byEvent = receiversByEvent(answers);
    return { rehearsals: rulings.map((ruling) => rehearsalOf(ruling, byEvent)), notAnswered, note };
  }

  private async ask(events: readonly PosthornEvent[], mapped: boolean): Promise<{ answers: PreviewAnswer[]; notAnswered: string[]; note?: string }> {
    try {
      const expected = await this.subscribers.of(EVENTS_STREAM, NAMES_WITHIN_MS).catch(() => undefined);
      const rounds = await Promise.all(portionsOf(events).map((some) => this.askOnce(some, mapped, expected)));
      const answers = rounds.flat();
      // One that left any portion unanswered has not said what it would do.
      const missing = (name: string): boolean => rounds.some((round) => round.every(({ service }) => service !== name));
      if (expected === undefined) return { answers, notAnswered: [], note: 'NATS did not say which services take events; some may be missing here.' };
      return { answers, notAnswered: expected.filter(missing) };
    } catch (error) {
      this.logger.warn({ msg: 'services could not be asked what they would do', err: error });
      return { answers: [], notAnswered: [], note: 'No service can be asked at the moment.' };
    }
  }

  private async askOnce(events: readonly PosthornEvent[], mapped: boolean, expected: readonly string[] = []): Promise<PreviewAnswer[]> {
    const enough = (answers: unknown[]): boolean => {
      const heard = new Set(answers.flatMap((one) => previewAnswer.safeParse(one).data?.service ?? []));
      return expected.every((name) => heard.has(name));
    };
    const answers = await this.inquiry.askMany<unknown>(MAPPING_PREVIEW, { events, mapped }, { maxWaitMs: ANSWERS_WITHIN_MS, stallMs: STALL_MS, enough });
    return answers.flatMap((one) => previewAnswer.safeParse(one).data ?? []);
  }
}

function rehearsalOf(ruling: Ruling, receivers: ReadonlyMap<string, Receiver[]>): Rehearsal {
  if (ruling.decision === 'refuse') return { valid: false, decision: 'refuse', problem: ruling.problem };
  const { event } = ruling;
  const held = ruling.decision === 'hold' ? { code: ruling.objection.code, reasons: ruling.objection.reasons } : undefined;
  return { valid: true, decision: ruling.decision, held, event, receivers: receivers.get(event.id) ?? [] };
}

function receiversByEvent(answers: readonly PreviewAnswer[]): Map<string, Receiver[]> {
  const byEvent = new Map<string, Receiver[]>();
  for (const { service, receivers } of [...answers].sort((a, b) => a.service.localeCompare(b.service))) {
    for (const { eventId, ...receiver } of receivers) {
      const known = byEvent.get(eventId);
      if (known === undefined) byEvent.set(eventId, [{ service, ...receiver }]);
      else known.push({ service, ...receiver });
    }
  }
  return byEvent;
}

/** As many events as a question may have, and as many as fit a message. */
function portionsOf(events: readonly PosthornEvent[]): PosthornEvent[][] {
  const portions: PosthornEvent[][] = [];
  let room = 0;
  for (const event of events) {
    const { length } = JSON.stringify(event);
    const portion = portions.at(-1);
    if (portion === undefined || portion.length >= PREVIEW_EVENTS_MAX || length > room) {
      portions.push([event]);
      room = QUESTION_CHARACTERS - length;
    } else {
      portion.push(event);
      room -= length;
    }
  }
  return portions;
}
