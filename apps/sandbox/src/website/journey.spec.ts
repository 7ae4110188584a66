import { expect, it } from 'vitest';
import type { Delivery, EventState } from './ingress.client.js';
import { journeyOf } from './journey.js';

const acceptedAt = '2026-11-22T10:00:00.000Z';
const delivery = (more: Partial<Delivery> = {}): Delivery => ({
  connection: 'c', action: 'a', state: 'delivered', attempts: 1, updatedAt: '2026-11-22T10:00:00.120Z', ...more,
});
const state = (services: EventState['services'], type = 'lead.submitted'): EventState => ({ id: 'e', type, acceptedAt, servicesReachable: true, services });

it('shows a step for every service that wants the event, before any has heard of it', () => {
  const journey = journeyOf(state([]));
  expect(journey.steps.map(({ service, state: at }) => [service, at])).toEqual([['crm-sync', 'waiting'], ['email', 'waiting'], ['audit', 'waiting']]);
  expect(journey.final).toBe(false);
});

it('is final when every delivery has come to its end, a failure included', () => {
  const done = [{ service: 'email', deliveries: [delivery(), delivery({ state: 'dead', error: { code: 'X', message: 'No such mailbox' } })] }, { service: 'audit', deliveries: [delivery()] }];
  expect(journeyOf(state(done)).final).toBe(false);
  const all = journeyOf(state([...done, { service: 'crm-sync', deliveries: [delivery({ state: 'skipped' })] }]));
  expect(all.final).toBe(true);
  expect(all.steps.map(({ state: at }) => at)).toEqual(['skipped', 'done', 'failed', 'done']);
});

it('tells when, and leads to where it arrived', () => {
  const journey = journeyOf(state([
    { service: 'calendar', deliveries: [delivery({ externalId: '/caldav/calendars/acme/appointments/a b.ics' })] },
    { service: 'email', deliveries: [delivery({ action: 'invite', externalId: '<1@posthorn>' })] },
  ], 'appointment.booked'));
  expect(journey.steps[0]).toMatchObject({ title: 'Mail: invitation', afterMs: 120, link: '/inbox/find?message=%3C1%40posthorn%3E' });
  expect(journey.steps[1]?.link).toBe('/calendar/find?entry=%2Fcaldav%2Fcalendars%2Facme%2Fappointments%2Fa%20b.ics');
});

it('is not over while it retries, and says why and when again', () => {
  const retrying = delivery({ state: 'retrying', nextAttemptAt: '2026-11-22T10:00:05.000Z', error: { code: 'X', message: 'HubSpot answered 503' } });
  const journey = journeyOf(state([{ service: 'crm-sync', deliveries: [retrying] }]));
  expect(journey.steps[0]).toMatchObject({ state: 'retrying', detail: 'HubSpot answered 503. Again at 10:00:05 UTC' });
});
