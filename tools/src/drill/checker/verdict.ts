import { type Evidence, keyOf } from './evidence.js';
import type { AcceptedEvent, Journal } from './journal.js';
import { DELIVERING, promisesOf, type Promised } from './promises.js';

/** From best to worst. */
export const VERDICTS = ['ok', 'unknown', 'duplicate', 'unexplained', 'lost'] as const;
export type Verdict = (typeof VERDICTS)[number];
export type Counts = Record<Verdict, number>;

export interface Finding {
  eventId: string;
  type: string;
  /** `ingress`, a delivering service or `audit`. */
  service: string;
  action?: string;
  verdict: Exclude<Verdict, 'ok'>;
  why: string;
}

export interface Judgement {
  /** Events by their worst verdict. */
  events: Counts;
  /** What each service made of what it promised. */
  services: Record<string, Counts>;
  /** Mails sent again after an outcome that nobody knew: what "at least once" means. */
  repeatedByPolicy: number;
  findings: Finding[];
}

interface Ruling {
  verdict: Verdict;
  why?: string;
  repeated?: number;
}

interface Effect {
  count: number;
  /** It is there and says something it must not say. */
  wrong?: string;
}

const OK: Ruling = { verdict: 'ok' };
const noCounts = (): Counts => ({ ok: 0, unknown: 0, duplicate: 0, unexplained: 0, lost: 0 });
const worst = (a: Verdict, b: Verdict): Verdict => (VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b);

/** Compares what the client was promised with what is there. Pure. */
export function judge(journal: Journal, evidence: Evidence): Judgement {
  const judgement: Judgement = {
    events: noCounts(),
    services: Object.fromEntries(['ingress', ...DELIVERING, 'audit'].map((service) => [service, noCounts()])),
    repeatedByPolicy: 0,
    findings: [],
  };
  const record = (event: { id: string; type: string }, service: string, action: string | undefined, ruling: Ruling): Verdict => {
    const counts = judgement.services[service];
    if (counts !== undefined) counts[ruling.verdict] += 1;
    judgement.repeatedByPolicy += ruling.repeated ?? 0;
    if (ruling.verdict !== 'ok') judgement.findings.push({ eventId: event.id, type: event.type, service, action, verdict: ruling.verdict, why: ruling.why ?? '' });
    return ruling.verdict;
  };

  const lastSteps = lastStepOfEachStory(journal.accepted);
  for (const event of journal.accepted) {
    const last = lastSteps.get(event.story) === event.step;
    let verdict = record(event, 'ingress', undefined, judgeAcceptance(event, evidence));
    for (const promise of promisesOf(event.type)) {
      verdict = worst(verdict, record(event, promise.service, promise.action, judgeDelivery(event, last, promise, evidence)));
    }
    verdict = worst(verdict, record(event, 'audit', undefined, judgeRecord(event, evidence)));
    judgement.events[verdict] += 1;
  }
  for (const stranger of strangers(journal, evidence)) {
    judgement.events.unexplained += 1;
    record({ id: stranger.id, type: '' }, stranger.service, undefined, { verdict: 'unexplained', why: stranger.why });
  }
  return judgement;
}

function lastStepOfEachStory(events: readonly AcceptedEvent[]): Map<string, number> {
  const steps = new Map<string, number>();
  for (const { story, step } of events) steps.set(story, Math.max(step, steps.get(story) ?? 0));
  return steps;
}

function judgeAcceptance(event: AcceptedEvent, { ledger }: Evidence): Ruling {
  const row = ledger.get(event.id);
  if (row === undefined) return { verdict: 'lost', why: 'accepted, and not in the ledger' };
  return row.key === event.key ? OK : { verdict: 'unexplained', why: `the ledger has it under another Idempotency-Key, ${row.key ?? 'none'}` };
}

function judgeDelivery(event: AcceptedEvent, last: boolean, promise: Promised, evidence: Evidence): Ruling {
  const key = keyOf(promise.service, event.id, promise.action);
  const row = evidence.deliveries.get(key);
  const effect = effectOf(event, last, promise, evidence);
  if (row === undefined) {
    return effect.count > 0 && isOwnTrace(event, promise)
      ? { verdict: 'unexplained', why: 'the provider has it, the service has no delivery of it' }
      : { verdict: 'lost', why: 'the service has no delivery of it' };
  }
  const allowed = 1 + (promise.service === 'email' ? (evidence.audit.unknown.get(key) ?? 0) : 0);
  if (effect.count > allowed) return { verdict: 'duplicate', why: `the provider has it ${effect.count} times, after ${row.attempts} attempts` };
  const repeated = Math.max(0, effect.count - 1);
  switch (row.state) {
    case 'delivered':
      if (effect.wrong !== undefined) return { verdict: 'unexplained', why: effect.wrong };
      if (effect.count === 0) return { verdict: 'lost', why: 'delivered, says the service; the provider has nothing of it' };
      return { verdict: 'ok', repeated };
    case 'unknown':
    case 'held':
      return { verdict: 'unknown', why: `${row.state}: ${row.errorCode ?? 'no reason'}`, repeated };
    case 'skipped':
      return row.errorCode === 'SUPERSEDED' && !last ? { verdict: 'ok', repeated } : { verdict: 'unexplained', why: `skipped: ${row.errorCode ?? 'no reason'}` };
    default:
      return { verdict: 'unexplained', why: `${row.state} after ${row.attempts} attempts: ${row.errorCode ?? 'no error'}` };
  }
}

/** Whether the effect can only come from this very event. */
function isOwnTrace({ type }: AcceptedEvent, { service }: Promised): boolean {
  return service === 'email' || (service === 'crm-sync' && ['lead.submitted', 'form.submitted', 'order.paid'].includes(type));
}

function effectOf(event: AcceptedEvent, last: boolean, { service, action }: Promised, evidence: Evidence): Effect {
  switch (service) {
    case 'email':
      return { count: evidence.mails.get(`${event.id}.${action}`) ?? 0 };
    case 'crm-sync':
      return crmEffect(event, last, evidence);
    case 'calendar':
      return calendarEffect(event, last, evidence);
  }
}

const SUBSCRIPTION: Readonly<Record<string, string>> = {
  'newsletter.subscribed': 'pending',
  'newsletter.confirmed': 'subscribed',
  'newsletter.unsubscribed': 'unsubscribed',
};

function crmEffect(event: AcceptedEvent, last: boolean, { notes, deals, contacts }: Evidence): Effect {
  const contact = contacts.get(event.person);
  const found = contact?.count ?? 0;
  if (found !== 1) return { count: found };
  switch (event.type) {
    case 'lead.submitted':
    case 'form.submitted':
      return { count: notes.get(event.id) ?? 0 };
    case 'order.paid':
      return { count: deals.get(event.orderId ?? '') ?? 0 };
    case 'customer.updated':
      return { count: 1 };
    default: {
      const state = contact?.properties['posthorn_list_drill'];
      // Only the last word about a subscription can still be read.
      return !last || state === SUBSCRIPTION[event.type] ? { count: 1 } : { count: 1, wrong: `the CRM says ${state ?? 'nothing'} of the subscription` };
    }
  }
}

function calendarEffect(event: AcceptedEvent, last: boolean, { calendar }: Evidence): Effect {
  const entries = calendar.get(event.person) ?? [];
  if (!last) return { count: 1 };
  if (event.type === 'appointment.cancelled') {
    return entries.length === 0 ? { count: 1 } : { count: 1, wrong: 'cancelled, and still in the calendar' };
  }
  const [entry] = entries;
  if (entries.length !== 1 || entry === undefined) return { count: entries.length };
  return sameStart(entry.start, event.start) ? { count: 1 } : { count: 1, wrong: `the calendar has it at ${entry.start}, not at ${event.start ?? '?'}` };
}

/** 20310106T090000Z and 2031-01-06T09:00:00.000Z are the same. */
function sameStart(ics: string, iso: string | undefined): boolean {
  return iso !== undefined && ics === iso.replace(/\.\d+/, '').replace(/[-:]/g, '');
}

function judgeRecord(event: AcceptedEvent, { audit, deliveries }: Evidence): Ruling {
  if (!audit.events.has(event.id)) return { verdict: 'lost', why: 'the audit log does not have it' };
  for (const { service, action } of promisesOf(event.type)) {
    const key = keyOf(service, event.id, action);
    if (deliveries.get(key)?.state !== 'delivered') continue;
    const told = audit.delivered.get(key) ?? 0;
    if (told === 0) return { verdict: 'lost', why: `the audit log does not have the outcome of ${service}/${action}` };
    if (told > 1) return { verdict: 'duplicate', why: `the audit log says ${told} times that ${service}/${action} was done` };
  }
  return OK;
}

/** What is there although nobody was told that it was accepted. */
function* strangers({ accepted, unanswered }: Journal, evidence: Evidence): Generator<{ id: string; service: string; why: string }> {
  const known = new Set(accepted.map(({ id }) => id));
  const extra = [...evidence.ledger.keys()].filter((id) => !known.has(id));
  // Who never got an answer may have been heard all the same.
  for (const id of extra.slice(unanswered)) yield { id, service: 'ingress', why: 'in the ledger, and no client was told so' };
  const heard = new Set([...known, ...extra]);
  for (const id of evidence.notes.keys()) if (!heard.has(id)) yield { id, service: 'crm-sync', why: 'a note about an event that was never accepted' };
  for (const mail of evidence.mails.keys()) {
    const id = mail.slice(0, mail.indexOf('.'));
    if (!heard.has(id)) yield { id, service: 'email', why: 'a mail about an event that was never accepted' };
  }
}
