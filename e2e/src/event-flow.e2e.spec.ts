import { EXAMPLES, type WebsiteEventType } from '@posthorn/contracts';
import { describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

/** What the services make of each type of event: the promise of the product, in one table. */
const EXPECTED: Record<WebsiteEventType, string[]> = {
  'lead.submitted': ['crm.enquiry.recorded', 'email.message.sent', 'email.message.sent'],
  'newsletter.subscribed': ['crm.subscription.updated', 'email.message.sent'],
  'newsletter.confirmed': ['crm.subscription.updated', 'email.message.sent'],
  'newsletter.unsubscribed': ['crm.subscription.updated'],
  'appointment.booked': ['calendar.event.created', 'email.message.sent'],
  'appointment.rescheduled': ['calendar.event.moved', 'email.message.sent'],
  'appointment.cancelled': ['calendar.event.cancelled', 'email.message.sent'],
  'order.paid': ['crm.order.recorded', 'email.message.sent'],
  'customer.updated': ['crm.contact.synced'],
  'form.submitted': ['crm.enquiry.recorded', 'email.message.sent'],
};

describe('an event of each type', () => {
  const posthorn = sharedPosthorn();

  it.each(Object.entries(EXPECTED) as [WebsiteEventType, string[]][])(
    '%s reaches every service that wants it, once, and leaves a complete trace',
    async (type, expected) => {
      const { id } = await posthorn.send(type, EXAMPLES[type]);
      const outcomes = await posthorn.outcomesOf(id, expected.length);

      expect(outcomes.map((outcome) => outcome.type).sort()).toEqual([...expected].sort());
      expect(outcomes.filter((outcome) => !outcome.externalId)).toEqual([]);
      expect(outcomes.map((outcome) => outcome.attempts)).toEqual(expected.map(() => 1));
    },
  );

  it('is sent once when the website sends it twice with one Idempotency-Key', async () => {
    const data = { ...EXAMPLES['lead.submitted'], person: { email: 'twice@example.com' } };
    const first = await posthorn.send('lead.submitted', data, { idempotencyKey: 'twice' });
    const second = await posthorn.send('lead.submitted', data, { idempotencyKey: 'twice' });
    expect(second).toEqual({ ...first, replayed: true });
    await posthorn.outcomesOf(first.id, 3);
    expect((await posthorn.mailsTo('twice@example.com')).length).toBe(1);
  });

  it('carries the trace of the request to the call of the provider', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { id } = await posthorn.send('order.paid', { ...EXAMPLES['order.paid'], orderId: 'traced-1' }, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    await posthorn.outcomesOf(id, 2);
    const { calls } = await posthorn.records('hubspot');
    expect(calls.filter((call) => call.traceparent?.includes(traceId)).length).toBeGreaterThan(0);
  });

  it('is told to its own site, service by service, and to nobody else', async () => {
    const { id } = await posthorn.send('lead.submitted', EXAMPLES['lead.submitted']);
    await posthorn.outcomesOf(id, 3);
    const state = await posthorn.stateOf(id);
    const delivered = state.services.filter((one) => one.deliveries.length > 0 && one.deliveries.every((delivery) => delivery.state === 'delivered'));
    expect(delivered.map((one) => one.service)).toEqual(expect.arrayContaining(['audit', 'crm-sync', 'email']));
    const stranger = await fetch(`${posthorn.urls.ingress}/v1/events/${id}`, { headers: { authorization: 'Bearer ph_sk_nobody' } });
    expect(stranger.status).toBe(401);
  });
});
