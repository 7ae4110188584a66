import { createEvent, EXAMPLES } from '@posthorn/contracts';

const { person, ...rest } = EXAMPLES['lead.submitted'];

/** What a site sends. `{{who}}` stands for a different person each time. */
export function leadBody(who = '{{who}}'): string {
  return JSON.stringify({ type: 'lead.submitted', data: { ...rest, person: { ...person, email: `${who}@example.com` } } });
}

/** Events as the ingress publishes them, each about a person of its own. */
export function leadEvents(count: number, mark: string): string[] {
  return Array.from({ length: count }, (_, index) => {
    const data = { ...rest, person: { ...person, email: `${mark}-${index}@example.com` } };
    return JSON.stringify(createEvent({ site: 'acme', type: 'lead.submitted', data }));
  });
}

/** Events that take one request to the CRM each. */
export function customerEvents(count: number, mark: string): string[] {
  return Array.from({ length: count }, (_, index) => {
    const data = { person: { ...person, email: `${mark}-${index}@example.com` } };
    return JSON.stringify(createEvent({ site: 'acme', type: 'customer.updated', data }));
  });
}

/** One of each kind that a website sends most. */
export function mixedBodies(): string[] {
  const appointment = { ...EXAMPLES['appointment.booked'], appointmentId: '{{who}}', person: { ...person, email: '{{who}}@example.com' } };
  const order = { ...EXAMPLES['order.paid'], orderId: '{{who}}', person: { ...person, email: '{{who}}@example.com' } };
  return [leadBody(), JSON.stringify({ type: 'appointment.booked', data: appointment }), JSON.stringify({ type: 'order.paid', data: order })];
}
