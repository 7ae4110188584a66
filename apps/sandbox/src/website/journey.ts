import type { Delivery, EventState } from './ingress.client.js';

export type StepState = 'done' | 'running' | 'waiting' | 'retrying' | 'failed' | 'skipped';

export interface Step {
  service: string;
  title: string;
  state: StepState;
  detail: string;
  /** Milliseconds after the event was accepted. */
  afterMs?: number;
  at?: string;
  externalId?: string;
  link?: string;
}

export interface Journey {
  id: string;
  type: string;
  acceptedAt: string;
  steps: Step[];
  /** Nothing more will happen by itself. */
  final: boolean;
  servicesReachable: boolean;
}

/** Which services want which events; a step is shown for each from the beginning. */
const EXPECTED: Record<string, string[]> = {
  lead: ['crm-sync', 'email', 'audit'],
  newsletter: ['crm-sync', 'email', 'audit'],
  appointment: ['email', 'calendar', 'audit'],
  order: ['crm-sync', 'email', 'audit'],
};

const ORDER = ['crm-sync', 'email', 'calendar', 'audit'];
export const SERVICE_TITLES: Record<string, string> = {
  'crm-sync': 'Customer file',
  email: 'Mail',
  calendar: 'Calendar',
  audit: 'Audit log',
};

const MAIL_TITLES: Record<string, string> = {
  'confirm-lead': 'Mail: confirmation to you',
  'notify-owner': 'Mail: notice to the owner',
  'notify-form': 'Mail: notice to the owner',
  'opt-in': 'Mail: please confirm',
  welcome: 'Mail: welcome',
  invite: 'Mail: invitation',
  receipt: 'Mail: receipt',
};

const FINAL = new Set<StepState>(['done', 'failed', 'skipped']);

export function journeyOf(state: EventState): Journey {
  const expected = EXPECTED[state.type.split('.')[0] ?? ''] ?? ['audit'];
  const services = [...new Set([...expected, ...state.services.map(({ service }) => service)])].sort(byOrder);
  const steps = services.flatMap((service): Step[] => {
    const deliveries = state.services.find((one) => one.service === service)?.deliveries ?? [];
    if (deliveries.length > 0) return deliveries.map((delivery) => stepOf(service, delivery, state.acceptedAt));
    if (!expected.includes(service)) return [];
    return [{ service, title: SERVICE_TITLES[service] ?? service, state: 'waiting', detail: 'On its way' }];
  });
  const { id, type, acceptedAt, servicesReachable } = state;
  return { id, type, acceptedAt, servicesReachable, steps, final: steps.every((step) => FINAL.has(step.state)) };
}

function stepOf(service: string, delivery: Delivery, acceptedAt: string): Step {
  const { state, detail } = stateOf(delivery);
  return {
    service,
    title: (service === 'email' && MAIL_TITLES[delivery.action]) || SERVICE_TITLES[service] || service,
    state,
    detail,
    ...(FINAL.has(state) && { at: delivery.updatedAt, afterMs: Math.max(0, Date.parse(delivery.updatedAt) - Date.parse(acceptedAt)) }),
    ...(delivery.externalId && { externalId: delivery.externalId, link: linkOf(service, delivery.externalId) }),
  };
}

function stateOf({ state, attempts, nextAttemptAt, error }: Delivery): { state: StepState; detail: string } {
  switch (state) {
    case 'delivered':
      return { state: 'done', detail: attempts > 1 ? `Done at attempt ${attempts}` : 'Done' };
    case 'attempting':
      return { state: 'running', detail: 'In progress' };
    case 'pending':
      return { state: 'waiting', detail: 'Waiting for its turn' };
    case 'retrying': {
      const when = nextAttemptAt ? ` at ${nextAttemptAt.slice(11, 19)} UTC` : '';
      return { state: 'retrying', detail: `${error?.message ?? 'It did not work yet'}. Again${when}` };
    }
    case 'unknown':
      return { state: 'retrying', detail: 'The answer was lost; finding out whether it arrived' };
    case 'skipped':
      return { state: 'skipped', detail: 'Not needed' };
    case 'erased':
      return { state: 'skipped', detail: 'Forgotten, as was asked for' };
    case 'dead':
    case 'held':
      return { state: 'failed', detail: `A person must look at this: ${error?.message ?? state}` };
    default:
      return { state: 'waiting', detail: state };
  }
}

function linkOf(service: string, externalId: string): string | undefined {
  const query = encodeURIComponent(externalId);
  switch (service) {
    case 'crm-sync':
      return `/crm#record-${query}`;
    case 'email':
      return `/inbox/find?message=${query}`;
    case 'calendar':
      return `/calendar/find?entry=${query}`;
    default:
      return undefined;
  }
}

function byOrder(a: string, b: string): number {
  const rank = (service: string): number => (ORDER.includes(service) ? ORDER.indexOf(service) : ORDER.length);
  return rank(a) - rank(b);
}
