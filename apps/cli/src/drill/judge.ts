import { type Acceptance, type Complaint } from './load.client.js';
import { type DrillLog, type EventState, type LoggedOutcome } from './site.witness.js';

/** From best to worst. */
export const VERDICTS = ['ok', 'held', 'unknown', 'dead', 'duplicate', 'unexplained', 'lost'] as const;
export type Verdict = (typeof VERDICTS)[number];
export type Counts = Record<Verdict, number>;

export interface Finding {
  verdict: Exclude<Verdict, 'ok'>;
  service: string;
  /** `connection/action`. */
  work?: string;
  eventId?: string;
  type?: string;
  why: string;
}

export interface Evidence {
  accepted: readonly Acceptance[];
  complaints: readonly Complaint[];
  log: DrillLog;
  /** Of the events that were asked about; undefined: ingress does not know it. */
  states: ReadonlyMap<string, EventState | undefined>;
  /** How many requests had no answer yet: such an event may be in the log without anybody having been told. */
  unanswered: number;
}

export interface Judgement {
  /** Events by their worst verdict. */
  events: Counts;
  /** Deliveries of each service; of ingress and audit: events. */
  services: Record<string, Counts>;
  findings: Finding[];
  /** Events of which some outcome is still to come. */
  open: Acceptance[];
}

interface Work {
  service: string;
  work: string;
}

const FINAL = new Set(['delivered', 'dead', 'held', 'skipped']);
export const noCounts = (): Counts => ({ ok: 0, held: 0, unknown: 0, dead: 0, duplicate: 0, unexplained: 0, lost: 0 });
const keyOf = ({ service, work }: Work): string => `${service} ${work}`;

/** Compares what was accepted with the log. Pure. */
export function judge({ accepted, complaints, log, states, unanswered }: Evidence): Judgement {
  const judgement: Judgement = { events: noCounts(), services: { ingress: noCounts() }, findings: [], open: [] };
  const rule = (service: string, verdict: Verdict, rest: Omit<Finding, 'verdict' | 'service'>): Verdict => {
    (judgement.services[service] ??= noCounts())[verdict] += 1;
    if (verdict !== 'ok') judgement.findings.push({ verdict, service, ...rest });
    return verdict;
  };
  const outcomes = outcomesByEvent(log.outcomes);
  const expected = expectedWork(accepted, outcomes, states);
  for (const event of accepted) {
    const { id, type } = event;
    const about = { eventId: id, type };
    const known = !states.has(id) || states.get(id) !== undefined;
    const verdicts = [rule('ingress', known ? 'ok' : 'lost', { ...about, why: 'accepted, and ingress does not know it' })];
    let open = false;
    for (const work of expected.get(type)?.values() ?? []) {
      const told = outcomes.get(id)?.get(keyOf(work)) ?? [];
      if (!told.some(({ state }) => FINAL.has(state))) open = true;
      const [verdict, why] = told.length > 0 ? byOutcomes(told) : withoutOutcome(work, states.get(id));
      verdicts.push(rule(work.service, verdict, { ...about, work: work.work, why }));
    }
    const recorded = log.events.has(id);
    verdicts.push(rule('audit', recorded ? 'ok' : 'lost', { ...about, why: 'accepted, and not in the log' }));
    if (open || !recorded) judgement.open.push(event);
    judgement.events[worstOf(verdicts)] += 1;
  }
  for (const { verdict, ...rest } of complaints) judgement.events[rule('ingress', verdict, rest)] += 1;
  const told = new Set(accepted.map(({ id }) => id));
  for (const id of [...log.events].filter((one) => !told.has(one)).slice(unanswered)) {
    judgement.events[rule('ingress', 'unexplained', { eventId: id, why: 'in the log, and no answer ever named it' })] += 1;
  }
  return judgement;
}

/**
 * What each type is expected to lead to. A service makes the same deliveries of every event of a type and a site, also
 * when it skips them: so what any one of them led to in the log, or is waiting for in a service, all of them must.
 */
function expectedWork(accepted: readonly Acceptance[], outcomes: ReturnType<typeof outcomesByEvent>, states: Evidence['states']): Map<string, Map<string, Work>> {
  const expected = new Map<string, Map<string, Work>>();
  for (const { id, type } of accepted) {
    const works = expected.get(type) ?? new Map<string, Work>();
    expected.set(type, works);
    const add = (service: string, { connection, action }: { connection: string; action: string }): void => {
      const work = { service, work: `${connection}/${action}` };
      works.set(keyOf(work), work);
    };
    for (const [told] of outcomes.get(id)?.values() ?? []) if (told !== undefined) add(told.service, told);
    for (const { service, deliveries } of states.get(id)?.services ?? []) for (const delivery of deliveries) add(service, delivery);
  }
  return expected;
}

const DELIVERY_STATES = new Set([...FINAL, 'deferred', 'unknown']);

/** Of each delivery, oldest first. */
function outcomesByEvent(outcomes: readonly LoggedOutcome[]): Map<string, Map<string, LoggedOutcome[]>> {
  const byEvent = new Map<string, Map<string, LoggedOutcome[]>>();
  for (const outcome of [...outcomes].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    // An operator's order is about a delivery and is no outcome of it.
    if (!DELIVERY_STATES.has(outcome.state)) continue;
    const byWork = byEvent.get(outcome.eventId) ?? new Map<string, LoggedOutcome[]>();
    byEvent.set(outcome.eventId, byWork);
    const key = keyOf({ service: outcome.service, work: `${outcome.connection}/${outcome.action}` });
    byWork.set(key, [...(byWork.get(key) ?? []), outcome]);
  }
  return byEvent;
}

function byOutcomes(told: readonly LoggedOutcome[]): [Verdict, string] {
  const successes = told.filter(({ state }) => state === 'delivered').length;
  if (successes > 1) return ['duplicate', `the log says ${successes} times that it was done`];
  if (successes === 1) return ['ok', ''];
  const last = told.at(-1);
  const error = last?.error;
  const why = `${last?.state ?? ''}: ${error === undefined ? 'no reason given' : `${error.code}: ${error.message}`}`;
  const state = last?.state;
  if (state === 'dead' || state === 'held' || state === 'unknown') return [state, why];
  if (state === 'skipped') return [error === undefined ? 'unexplained' : 'ok', why];
  return ['unexplained', `still being tried; ${why}`];
}

function withoutOutcome({ service, work }: Work, state: EventState | undefined): [Verdict, string] {
  const delivery = state?.services.find((one) => one.service === service)?.deliveries.find(({ connection, action }) => `${connection}/${action}` === work);
  if (delivery === undefined) return ['lost', 'no outcome in the log and no delivery in the service; other events of this type have both'];
  return FINAL.has(delivery.state) ? ['lost', `${delivery.state}, says the service, and the log has no outcome`] : ['unexplained', `still ${delivery.state}, and no outcome`];
}

const worstOf = (verdicts: readonly Verdict[]): Verdict => verdicts.reduce((a, b) => (VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b), 'ok');
