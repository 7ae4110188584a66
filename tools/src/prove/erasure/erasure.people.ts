import type { EventData, EventType } from '@posthorn/contracts';

/** Somebody made up: everything personal about them holds their mark, and no two marks are alike. */
export interface MadeUpPerson {
  mark: string;
  email: string;
}

export interface PersonEvent {
  type: EventType;
  data: EventData<EventType>;
}

const DAY_MS = 86_400_000;

/** `forgotten-00017` and `remembered-00018`: what is looked for in every file afterwards. */
export function personOf(number: number, fate: 'forgotten' | 'remembered'): MadeUpPerson {
  const mark = `${fate}-${String(number).padStart(5, '0')}`;
  return { mark, email: `${mark}@people.example` };
}

/** What a website tells about one person: two of the kinds there are, a different two for each third person. */
export function eventsOf({ mark, email }: MadeUpPerson, number: number): PersonEvent[] {
  const person = { email, name: `Jo ${mark}`, phone: mark, company: `${mark} Ltd` };
  const start = Date.UTC(2030, 0, 7, 9) + (number % 2_000) * DAY_MS;
  const appointment = { appointmentId: `A-${number}`, start: new Date(start).toISOString(), end: new Date(start + DAY_MS / 48).toISOString(), timeZone: 'Europe/Berlin' };
  const kinds: PersonEvent[][] = [
    [
      { type: 'lead.submitted', data: { person, message: `My name is ${mark}.`, page: `https://www.example.com/?q=${mark}` } },
      { type: 'appointment.booked', data: { ...appointment, title: `Visit of ${mark}`, place: `Street of ${mark}`, notes: `Bell: ${mark}`, person } },
    ],
    [
      { type: 'order.paid', data: { orderId: `O-${number}`, total: { amount: '12.50', currency: 'EUR' }, lines: [{ name: 'Mug', quantity: 1, price: '12.50' }], person } },
      { type: 'form.submitted', data: { form: 'workshop', fields: { topic: `Clay for ${mark}`, friend: mark }, person } },
    ],
    [
      { type: 'customer.updated', data: { person, previousEmail: `${mark}@before.example` } },
      { type: 'newsletter.subscribed', data: { person, list: 'monthly' } },
    ],
  ];
  return kinds[number % kinds.length] ?? [];
}
