import { type MailAddress, type MailInvitation } from '../mail/mail.transport.js';
import { contentLine, textValue } from './content.line.js';
import { utcTime, zonedTimes } from './zoned.time.js';

export interface InvitationDetails {
  method: MailInvitation['method'];
  uid: string;
  /** Greater than that of every earlier invitation with this uid; programs ignore what is not newer. */
  sequence: number;
  stamp: Date;
  start: Date;
  end: Date;
  timeZone: string;
  title: string;
  place?: string | undefined;
  description: string;
  organizer: MailAddress;
  attendee: MailAddress;
  url: string;
}

/** An invitation, its update or its cancellation (RFC 5546), written to travel by mail (RFC 6047). */
export function calendarInvitation(details: InvitationDetails): MailInvitation {
  const cancelled = details.method === 'CANCEL';
  const { values, zone } = zonedTimes([details.start, details.end], details.timeZone);
  const zoneParameter: Record<string, string> = zone === undefined ? {} : { TZID: zone.id };
  const answer: Record<string, string> = cancelled ? {} : { PARTSTAT: 'NEEDS-ACTION', RSVP: 'TRUE' };
  const lines = [
    'BEGIN:VCALENDAR',
    'PRODID:-//Posthorn//Email//EN',
    'VERSION:2.0',
    'CALSCALE:GREGORIAN',
    `METHOD:${details.method}`,
    ...(zone === undefined ? [] : [zone.vtimezone]),
    'BEGIN:VEVENT',
    contentLine('UID', textValue(details.uid)),
    contentLine('SEQUENCE', String(details.sequence)),
    contentLine('DTSTAMP', utcTime(details.stamp)),
    contentLine('DTSTART', values[0] ?? '', zoneParameter),
    contentLine('DTEND', values[1] ?? '', zoneParameter),
    contentLine('SUMMARY', textValue(details.title)),
    ...(details.place === undefined || details.place === '' ? [] : [contentLine('LOCATION', textValue(details.place))]),
    ...(details.description === '' ? [] : [contentLine('DESCRIPTION', textValue(details.description))]),
    contentLine('ORGANIZER', `mailto:${details.organizer.address}`, nameParameter(details.organizer)),
    contentLine('ATTENDEE', `mailto:${details.attendee.address}`, {
      CUTYPE: 'INDIVIDUAL',
      ROLE: 'REQ-PARTICIPANT',
      ...answer,
      ...nameParameter(details.attendee),
    }),
    contentLine('URL', details.url),
    `STATUS:${cancelled ? 'CANCELLED' : 'CONFIRMED'}`,
    'TRANSP:OPAQUE',
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  return { method: details.method, content: `${lines.join('\r\n')}\r\n` };
}

function nameParameter({ name }: MailAddress): Record<string, string> {
  return name === undefined || name === '' ? {} : { CN: name };
}
