import { describe, expect, it } from 'vitest';
import { type Evidence, keyOf } from './evidence.js';
import type { AcceptedEvent, Journal } from './journal.js';
import { judge, type Judgement } from './verdict.js';

type Open<T> = { -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B> ? Map<A, B> : T[K] extends object ? Open<T[K]> : T[K] };

const LEAD: AcceptedEvent = { id: 'e1', key: 'k1', type: 'lead.submitted', story: 'lead-1', step: 0, person: 'lead-1@drill.example', acceptedAt: 1_000 };
const BOOKED: AcceptedEvent = { id: 'a1', key: 'k2', type: 'appointment.booked', story: 'appointment-1', step: 0, person: 'appointment-1@drill.example', acceptedAt: 1_000, start: '2031-01-06T09:00:00.000Z' };
const CANCELLED: AcceptedEvent = { ...BOOKED, id: 'a2', key: 'k3', type: 'appointment.cancelled', step: 1, start: undefined };
const SUBSCRIBED: AcceptedEvent = { id: 'n1', key: 'k4', type: 'newsletter.subscribed', story: 'newsletter-1', step: 0, person: 'newsletter-1@drill.example', acceptedAt: 1_000 };

const ACTIONS: Record<string, [string, string][]> = {
  'lead.submitted': [['crm-sync', 'sync-person'], ['email', 'confirm-lead'], ['email', 'notify-owner']],
  'appointment.booked': [['calendar', 'sync-appointment'], ['email', 'invite']],
  'appointment.cancelled': [['calendar', 'sync-appointment'], ['email', 'invite']],
  'newsletter.subscribed': [['crm-sync', 'sync-subscription'], ['email', 'opt-in']],
};

/** Everything as it should be after these events. */
function allIsWell(events: AcceptedEvent[]): { journal: Open<Journal>; evidence: Open<Evidence> } {
  const journal = { accepted: events, unanswered: 0, refused: [], contradictions: [] };
  const evidence: Open<Evidence> = {
    ledger: new Map(events.map(({ id, key }) => [id, { key, acceptedAt: 900 }])),
    deliveries: new Map(),
    notes: new Map(),
    deals: new Map(),
    contacts: new Map(events.map(({ person }) => [person, { count: 1, properties: { posthorn_list_drill: 'pending' } }])),
    mails: new Map(),
    calendar: new Map(),
    audit: { events: new Map(events.map(({ id }) => [id, 1_100])), delivered: new Map(), unknown: new Map(), missingOutcomes: 0 },
  };
  for (const { id, type, person, start } of events) {
    for (const [service, action] of ACTIONS[type]!) {
      evidence.deliveries.set(keyOf(service, id, action), { state: 'delivered', attempts: 1, settledAt: 1_200 });
      evidence.audit.delivered.set(keyOf(service, id, action), 1);
      if (service === 'email') evidence.mails.set(`${id}.${action}`, 1);
    }
    if (type === 'lead.submitted') evidence.notes.set(id, 1);
    if (type === 'appointment.booked') evidence.calendar.set(person, [{ eventId: id, start: start!.replace(/\.\d+|[-:]/g, '') }]);
    if (type === 'appointment.cancelled') evidence.calendar.delete(person);
  }
  return { journal, evidence };
}

/** The verdict after something went wrong. */
function after(events: AcceptedEvent[], harm: (evidence: Open<Evidence>, journal: Open<Journal>) => void): Judgement {
  const { journal, evidence } = allIsWell(events);
  harm(evidence, journal);
  return judge(journal, evidence);
}

const set = (evidence: Open<Evidence>, service: string, id: string, action: string, state: string, errorCode?: string): void =>
  void evidence.deliveries.set(keyOf(service, id, action), { state, attempts: 2, errorCode, settledAt: 1_200 });

describe('the checker', () => {
  it('finds nothing where everything is as it should be', () => {
    const { journal, evidence } = allIsWell([LEAD, BOOKED, CANCELLED, SUBSCRIBED]);
    expect(judge(journal, evidence)).toMatchObject({ events: { ok: 4, lost: 0, duplicate: 0, unknown: 0, unexplained: 0 }, findings: [], repeatedByPolicy: 0 });
  });

  describe('finds lost', () => {
    it.each<[string, (evidence: Open<Evidence>) => void, string]>([
      ['an event that the ledger does not have', ({ ledger }) => ledger.delete('e1'), 'ingress'],
      ['an event of which a service has no delivery', ({ deliveries, notes }) => (deliveries.delete(keyOf('crm-sync', 'e1', 'sync-person')), notes.delete('e1')), 'crm-sync'],
      ['a note that the service believes to have written', ({ notes }) => notes.delete('e1'), 'crm-sync'],
      ['a contact that the CRM does not have', ({ contacts }) => contacts.delete(LEAD.person), 'crm-sync'],
      ['a mail that the service believes to have sent', ({ mails }) => mails.delete('e1.notify-owner'), 'email'],
      ['an event that the audit log does not have', ({ audit }) => audit.events.delete('e1'), 'audit'],
      ['an outcome that the audit log does not have', ({ audit }) => audit.delivered.delete(keyOf('email', 'e1', 'confirm-lead')), 'audit'],
    ])('%s', (_, harm, service) => {
      const { events, findings } = after([LEAD], harm);
      expect(events).toMatchObject({ lost: 1, ok: 0 });
      expect(findings).toMatchObject([{ service, verdict: 'lost', eventId: 'e1' }]);
    });

    it('an appointment that the calendar does not have', () => {
      expect(after([BOOKED], ({ calendar }) => calendar.clear())).toMatchObject({ events: { lost: 1 }, findings: [{ service: 'calendar' }] });
    });
  });

  describe('finds duplicate', () => {
    it.each<[string, AcceptedEvent, (evidence: Open<Evidence>) => void, string]>([
      ['two notes of one enquiry', LEAD, ({ notes }) => notes.set('e1', 2), 'crm-sync'],
      ['two contacts of one person', LEAD, ({ contacts }) => contacts.set(LEAD.person, { count: 2, properties: {} }), 'crm-sync'],
      ['two calendar entries of one appointment', BOOKED, ({ calendar }) => calendar.set(BOOKED.person, [{ eventId: 'a1', start: '' }, { eventId: 'a1', start: '' }]), 'calendar'],
      ['two mails, when every outcome was known', LEAD, ({ mails }) => mails.set('e1.notify-owner', 2), 'email'],
      ['two outcomes of one delivery', LEAD, ({ audit }) => audit.delivered.set(keyOf('email', 'e1', 'confirm-lead'), 2), 'audit'],
    ])('%s', (_, event, harm, service) => {
      expect(after([event], harm)).toMatchObject({ events: { duplicate: 1, ok: 0 }, findings: [{ service, verdict: 'duplicate' }] });
    });

    it('three mails where one repetition was allowed', () => {
      const judgement = after([LEAD], ({ mails, audit }) => (mails.set('e1.notify-owner', 3), audit.unknown.set(keyOf('email', 'e1', 'notify-owner'), 1)));
      expect(judgement.events.duplicate).toBe(1);
    });
  });

  it('takes a second mail for what "at least once" means, when nobody knew of the first', () => {
    const judgement = after([LEAD], ({ mails, audit }) => (mails.set('e1.notify-owner', 2), audit.unknown.set(keyOf('email', 'e1', 'notify-owner'), 1)));
    expect(judgement).toMatchObject({ events: { ok: 1 }, repeatedByPolicy: 1, findings: [] });
  });

  it('finds unknown, and visible, a mail that is held', () => {
    const judgement = after([SUBSCRIBED], (evidence) => set(evidence, 'email', 'n1', 'opt-in', 'held', 'LEASE_EXPIRED'));
    expect(judgement).toMatchObject({ events: { unknown: 1 }, findings: [{ verdict: 'unknown', why: 'held: LEASE_EXPIRED' }] });
  });

  describe('finds unexplained', () => {
    it.each<[string, AcceptedEvent[], (evidence: Open<Evidence>) => void]>([
      ['a delivery that is still waiting', [LEAD], (evidence) => set(evidence, 'crm-sync', 'e1', 'sync-person', 'retrying')],
      ['a dead letter', [LEAD], (evidence) => set(evidence, 'crm-sync', 'e1', 'sync-person', 'dead', 'HUBSPOT_400')],
      ['a skip that nothing superseded', [BOOKED], (evidence) => set(evidence, 'calendar', 'a1', 'sync-appointment', 'skipped', 'SUPERSEDED')],
      ['an entry that outlived its cancellation', [BOOKED, CANCELLED], ({ calendar }) => void calendar.set(BOOKED.person, [{ eventId: 'a1', start: '' }])],
      ['an entry at another time', [BOOKED], ({ calendar }) => void calendar.set(BOOKED.person, [{ eventId: 'a1', start: '20310107T090000Z' }])],
      ['a subscription in an older state', [SUBSCRIBED], ({ contacts }) => void contacts.set(SUBSCRIBED.person, { count: 1, properties: { posthorn_list_drill: 'unsubscribed' } })],
      ['a note without a delivery', [LEAD], ({ deliveries }) => void deliveries.delete(keyOf('crm-sync', 'e1', 'sync-person'))],
      ['an event under another key', [LEAD], ({ ledger }) => void ledger.set('e1', { key: 'other', acceptedAt: 0 })],
      ['an event nobody was told of', [LEAD], ({ ledger }) => void ledger.set('e9', { key: 'k9', acceptedAt: 0 })],
      ['a mail about nothing', [LEAD], ({ mails }) => void mails.set('e9.receipt', 1)],
    ])('%s', (_, events, harm) => {
      expect(after(events, harm)).toMatchObject({ events: { unexplained: 1 }, findings: [{ verdict: 'unexplained' }] });
    });
  });

  it('accepts that a booking was overtaken by its own cancellation', () => {
    const judgement = after([BOOKED, CANCELLED], (evidence) => {
      set(evidence, 'email', 'a1', 'invite', 'skipped', 'SUPERSEDED');
      evidence.mails.delete('a1.invite');
    });
    expect(judgement.events).toMatchObject({ ok: 2 });
  });

  it('gives an event its worst verdict and counts it once', () => {
    const { events, services } = after([LEAD], (evidence) => {
      evidence.mails.set('e1.notify-owner', 2);
      evidence.notes.delete('e1');
    });
    expect(events).toEqual({ ok: 0, unknown: 0, duplicate: 0, unexplained: 0, lost: 1 });
    expect(services).toMatchObject({ 'crm-sync': { lost: 1 }, email: { ok: 1, duplicate: 1 }, ingress: { ok: 1 }, audit: { ok: 1 } });
  });
});
