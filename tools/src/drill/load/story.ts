import type { EventData, EventType } from '@posthorn/contracts';
import { Random } from '../random.js';

type Data = { [T in EventType]: { type: T; data: EventData<T> } }[EventType];

/** One event to send, and by what its traces at the providers are known. */
export interface Step {
  event: Data;
  traces: { orderId?: string; start?: string };
}

/** What one person does: one event, or a few that follow each other. Nobody else shares their address. */
export interface Story {
  name: string;
  person: string;
  steps: Step[];
}

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2031, 0, 6);

type Writer = (story: { n: string; person: EventData<'lead.submitted'>['person']; random: Random; index: number }) => Step[];

const plain = (event: Data, traces: Step['traces'] = {}): Step => ({ event, traces });

const lead: Writer = ({ n, person }) => [plain({ type: 'lead.submitted', data: { person, message: `Could you look at garden ${n}?`, form: 'contact' } })];

const order: Writer = ({ n, person, random }) => {
  const amount = random.between(5, 500).toFixed(2);
  return [
    plain(
      { type: 'order.paid', data: { orderId: n, total: { amount, currency: 'EUR' }, lines: [{ name: 'Rose', quantity: 1, price: amount }], person } },
      { orderId: n },
    ),
  ];
};

const form: Writer = ({ n, person }) => [plain({ type: 'form.submitted', data: { form: 'workshop', fields: { topic: `Topic ${n}`, seats: 2 }, person } })];

const customer: Writer = ({ person }) => [plain({ type: 'customer.updated', data: { person } })];

const newsletter: Writer = ({ person, random }) => {
  const about = { person, list: 'drill' };
  const steps = [plain({ type: 'newsletter.subscribed', data: about })];
  if (random.chance(0.7)) steps.push(plain({ type: 'newsletter.confirmed', data: about }));
  if (random.chance(0.4)) steps.push(plain({ type: 'newsletter.unsubscribed', data: about }));
  return steps;
};

const appointment: Writer = ({ n, person, random, index }) => {
  const at = (shiftDays: number): { start: string; end: string } => {
    const start = FIRST_DAY + ((index + shiftDays) % 2_000) * DAY_MS + (index % 16) * 1_800_000;
    return { start: new Date(start).toISOString(), end: new Date(start + 1_800_000).toISOString() };
  };
  const about = { appointmentId: n, timeZone: 'UTC', title: 'Consultation', person };
  const [first, second] = [at(0), at(7)];
  const steps = [plain({ type: 'appointment.booked', data: { ...about, ...first } }, { start: first.start })];
  let last = first;
  if (random.chance(0.6)) {
    last = second;
    steps.push(plain({ type: 'appointment.rescheduled', data: { ...about, ...second } }, { start: second.start }));
  }
  if (random.chance(0.4)) steps.push(plain({ type: 'appointment.cancelled', data: { ...about, ...last } }));
  return steps;
};

/** How often each story is told. */
const WEIGHTS: readonly (readonly [number, string, Writer])[] = [
  [30, 'lead', lead],
  [20, 'order', order],
  [10, 'form', form],
  [10, 'customer', customer],
  [12, 'newsletter', newsletter],
  [13, 'appointment', appointment],
];

/** The nth story of a seed. */
export function storyOf(seed: number, index: number): Story {
  const random = new Random(seed, `story ${index}`);
  let left = random.between(0, WEIGHTS.reduce((sum, [weight]) => sum + weight, 0));
  const [, name, write] = WEIGHTS.find(([weight]) => (left -= weight) < 0) ?? [0, 'lead', lead];
  const n = `${seed}-${index}`;
  const person = { email: `${name}-${n}@drill.example`, name: `Drill ${index}`, company: `Company ${n}`, locale: 'en' };
  return { name: `${name}-${n}`, person: person.email, steps: write({ n, person, random, index }) };
}
