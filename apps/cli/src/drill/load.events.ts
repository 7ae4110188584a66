const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2031, 0, 6, 9);

export interface LoadEvent {
  type: string;
  data: Record<string, unknown>;
}

type Writer = (about: { n: string; person: Record<string, string>; at: (days: number) => Record<string, string> }) => Record<string, unknown>;

const newsletter: Writer = ({ person }) => ({ person, list: 'drill' });
const appointment =
  (days: number): Writer =>
  ({ n, person, at }) => ({ appointmentId: n, timeZone: 'UTC', title: 'Drill', person, ...at(days) });

/** All types, in the order in which they make a story of one person. */
const STORY: Readonly<Record<string, Writer>> = {
  'lead.submitted': ({ n, person }) => ({ person, message: `This is drill ${n}.`, form: 'drill' }),
  'newsletter.subscribed': newsletter,
  'appointment.booked': appointment(0),
  'order.paid': ({ n, person }) => ({ orderId: n, total: { amount: '12.50', currency: 'EUR' }, lines: [{ name: 'Drill', quantity: 1, price: '12.50' }], person }),
  'newsletter.confirmed': newsletter,
  'appointment.rescheduled': appointment(1),
  'customer.updated': ({ n, person }) => ({ person: { ...person, company: `Drill ${n} Ltd` } }),
  'appointment.cancelled': appointment(1),
  'form.submitted': ({ n, person }) => ({ form: 'drill', fields: { topic: `Drill ${n}`, seats: 2 }, person }),
  'newsletter.unsubscribed': newsletter,
};

const TYPES = Object.entries(STORY);

/** The nth event of a seed. Ten in a row are about one person, whose address nobody can have: example.com is reserved. */
export function eventOf(seed: number, index: number): LoadEvent {
  const [type, write] = TYPES[index % TYPES.length] as (typeof TYPES)[number];
  const story = Math.floor(index / TYPES.length);
  const n = `drill-${seed}-${story}`;
  const at = (days: number): Record<string, string> => {
    const start = FIRST_DAY + ((story % 2_000) + days) * DAY_MS;
    return { start: new Date(start).toISOString(), end: new Date(start + 1_800_000).toISOString() };
  };
  return { type, data: write({ n, at, person: { email: `${n}@example.com`, name: `Drill ${story}`, locale: 'en' } }) };
}
