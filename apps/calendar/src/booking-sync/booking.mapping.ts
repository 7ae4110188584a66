import { appointmentSequence, appointmentUid, type PosthornEvent } from '@posthorn/contracts';
import type { CalendarEntry } from '../calendar.provider.js';

export type BookingType = 'appointment.booked' | 'appointment.rescheduled' | 'appointment.cancelled';

export function calendarEntry({ id, site, data }: PosthornEvent<BookingType>): CalendarEntry {
  return {
    uid: appointmentUid(site, data.appointmentId),
    eventId: id,
    sequence: appointmentSequence(id),
    start: new Date(data.start),
    end: new Date(data.end),
    timeZone: data.timeZone,
    title: data.title,
    place: data.place || undefined,
    description: description(data),
  };
}

/**
 * The person stands in the text and not as ATTENDEE: a calendar server that schedules would send them an
 * invitation of its own beside the one the email service sends.
 */
function description({ person, notes }: PosthornEvent<BookingType>['data']): string {
  const who = [person.name, person.email, person.phone, person.company].filter(Boolean).join('\n');
  return notes ? `${who}\n\n${notes}` : who;
}
