import { SCHEMES } from '@posthorn/webhooks';
import type { WrittenRule } from '../../mapping/mapping.schema.js';
import { rulesOf, type WebhookPreset } from '../webhook.preset.js';

const scheduled = '/payload/scheduled_event';
const answer = (index: number): string => `/payload/questions_and_answers/${index}/answer`;

const invitee: WrittenRule['data'] = {
  '/start': `${scheduled}/start_time`,
  '/end': `${scheduled}/end_time`,
  '/timeZone': { from: '/payload/timezone', default: 'Etc/UTC' },
  '/title': `${scheduled}/name`,
  '/place': [`${scheduled}/location/location`, `${scheduled}/location/join_url`],
  '/notes': { join: [answer(0), answer(1), answer(2), answer(3), answer(4)], with: '\n' },
  '/person/email': '/payload/email',
  '/person/name': ['/payload/name', '/payload/first_name'],
  '/person/phone': '/payload/text_reminder_number',
};

/**
 * https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures and
 * https://developer.calendly.com/docs/api-guides/see-how-webhook-payloads-change-when-invitees-reschedule-events
 * To reschedule is to cancel (`rescheduled: true`) and to book anew (with `old_invitee`), in either order: the first is
 * passed over, the second says it all. Each invitee of a meeting has an appointment of their own, named by their URI.
 */
export const calendly: WebhookPreset = {
  scheme: SCHEMES.calendly,
  topic: { pointer: '/event' },
  identity: 'body',
  ignore: [],
  rules: rulesOf([
    {
      topic: 'invitee.created',
      when: { '/payload/old_invitee': 'absent' },
      type: 'appointment.booked',
      time: '/created_at',
      once: ['/payload/uri'],
      data: { '/appointmentId': '/payload/uri', ...invitee },
    },
    {
      topic: 'invitee.created',
      when: { '/payload/old_invitee': 'present' },
      type: 'appointment.rescheduled',
      time: '/created_at',
      once: ['/payload/uri'],
      lineage: { to: '/appointmentId', id: '/payload/uri', follows: '/payload/old_invitee' },
      data: invitee,
    },
    {
      topic: 'invitee.canceled',
      when: { '/payload/rescheduled': { is: [false] } },
      type: 'appointment.cancelled',
      time: '/created_at',
      once: ['/payload/uri'],
      lineage: { to: '/appointmentId', id: '/payload/uri' },
      data: { ...invitee, '/reason': '/payload/cancellation/reason' },
    },
  ]),
};
