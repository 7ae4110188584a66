import { SCHEMES } from '@posthorn/webhooks';
import type { WrittenRule } from '../../mapping/mapping.schema.js';
import { rulesOf, type WebhookPreset } from '../webhook.preset.js';

const booking: WrittenRule['data'] = {
  '/start': '/payload/startTime',
  '/end': '/payload/endTime',
  '/timeZone': ['/payload/attendees/0/timeZone', '/payload/organizer/timeZone'],
  '/title': ['/payload/title', '/payload/eventTitle'],
  '/place': ['/payload/metadata/videoCallUrl', '/payload/location'],
  '/notes': ['/payload/additionalNotes', '/payload/responses/notes/value'],
  '/person/email': ['/payload/attendees/0/email', '/payload/responses/email/value'],
  '/person/name': ['/payload/attendees/0/name', '/payload/responses/name/value'],
  '/person/phone': ['/payload/attendees/0/phoneNumber', '/payload/responses/attendeePhoneNumber/value'],
  '/person/locale': { from: '/payload/attendees/0/language/locale', as: 'locale' },
};

/**
 * https://cal.com/docs/developing/guides/automation/webhooks
 * A booking that is moved becomes another one, with a `uid` of its own and the old one's as `rescheduleUid`; for us it
 * stays the appointment it was. A delivery has no id, and a booking has the same webhook from its owner, its team and
 * its event type: what happens to a uid happens once.
 */
export const calCom: WebhookPreset = {
  scheme: SCHEMES['cal-com'],
  topic: { pointer: '/triggerEvent' },
  identity: 'body',
  ignore: ['PING', 'MEETING_STARTED', 'MEETING_ENDED'],
  rules: rulesOf([
    {
      topic: 'BOOKING_CREATED',
      type: 'appointment.booked',
      time: '/createdAt',
      once: ['/payload/uid'],
      data: { '/appointmentId': '/payload/uid', ...booking },
    },
    {
      topic: 'BOOKING_RESCHEDULED',
      type: 'appointment.rescheduled',
      time: '/createdAt',
      once: ['/payload/uid'],
      lineage: { to: '/appointmentId', id: '/payload/uid', follows: '/payload/rescheduleUid' },
      data: { ...booking, '/reason': ['/payload/responses/rescheduleReason/value', '/payload/cancellationReason'] },
    },
    {
      topic: 'BOOKING_CANCELLED',
      // Of one that was moved, the new one has been told of already.
      when: { '/payload/rescheduledToUid': 'absent' },
      type: 'appointment.cancelled',
      time: '/createdAt',
      once: ['/payload/uid'],
      lineage: { to: '/appointmentId', id: '/payload/uid' },
      data: { ...booking, '/reason': '/payload/cancellationReason' },
    },
  ]),
};
