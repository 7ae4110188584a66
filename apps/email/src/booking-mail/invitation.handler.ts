import { Injectable } from '@nestjs/common';
import { appointmentUid } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import { DatabaseUnavailableError } from '@posthorn/persistence';
import { RetryableError } from '@posthorn/resilience';
import { greetingName } from '../mail/greeting.name.js';
import { type LetterContext, LetterSender } from '../mail/letter.sender.js';
import { type MailInvitation, type MailTransport } from '../mail/mail.transport.js';
import { type AppointmentModel } from '../mail/template.models.js';
import { textLines } from '../mail/text.lines.js';
import { dateTile, timeInWords } from '../mail/time.format.js';
import { unknownOutcomePolicy } from '../mail/unknown-outcome.policy.js';
import { type AppointmentEvent, type AppointmentRevision, AppointmentRevisions } from './appointment.revisions.js';
import { calendarInvitation } from './calendar.invitation.js';

const ACTION = 'invite';
/** What nobody has been told about yet. */
const FIRST_REVISION: AppointmentRevision = { sequence: 0 };

type AppointmentType = AppointmentEvent['type'];

/** Invites the person to an appointment, tells of its new time, takes it back: one calendar entry all along. */
@Injectable()
@Delivers({
  types: ['appointment.booked', 'appointment.rescheduled', 'appointment.cancelled'],
  action: ACTION,
  unknown: unknownOutcomePolicy,
  // After a cancellation nobody wants the invitation that got stuck before it.
  latestWins: true,
})
export class InvitationHandler implements DeliveryHandler<AppointmentType, MailTransport> {
  constructor(
    private readonly letters: LetterSender,
    private readonly revisions: AppointmentRevisions,
  ) {}

  orderingKey(event: AppointmentEvent): string {
    return event.data.appointmentId;
  }

  async deliver(event: AppointmentEvent, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const revision = call.rehearsal === true ? FIRST_REVISION : await this.revision(event);
    const greeting = greetingName(event.data.person.name);
    const letter = {
      action: ACTION,
      to: { address: event.data.person.email, name: greeting },
      replyTo: 'owner',
      locales: [event.data.person.locale],
      invitation: ({ site }: LetterContext) => invitation(event, revision, site),
    } as const;
    const model = ({ locale }: LetterContext): AppointmentModel => appointmentModel(event, greeting, locale);
    switch (event.type) {
      case 'appointment.booked':
        return this.letters.send(event, { ...letter, template: 'appointment-booked', model }, call);
      case 'appointment.rescheduled':
        return this.letters.send(
          event,
          { ...letter, template: 'appointment-rescheduled', model: (context) => ({ ...model(context), previous: previousTime(event, revision, context.locale) }) },
          call,
        );
      case 'appointment.cancelled':
        return this.letters.send(event, { ...letter, template: 'appointment-cancelled', model }, call);
    }
  }

  private async revision(event: AppointmentEvent): Promise<AppointmentRevision> {
    try {
      return await this.revisions.record(event);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
      throw new RetryableError('EMAIL_DATABASE_UNAVAILABLE', 'The number of this invitation could not be stored; nothing was sent', { cause: error });
    }
  }
}

function invitation(event: AppointmentEvent, { sequence }: AppointmentRevision, site: LetterContext['site']): MailInvitation {
  const { appointmentId, start, end, timeZone, title, place, notes, reason, person } = event.data;
  return calendarInvitation({
    method: event.type === 'appointment.cancelled' ? 'CANCEL' : 'REQUEST',
    uid: appointmentUid(event.site, appointmentId),
    sequence,
    stamp: new Date(event.time),
    start: new Date(start),
    end: new Date(end),
    timeZone,
    title,
    place,
    description: [...textLines(reason), ...textLines(notes)].join('\n'),
    organizer: { name: site.name, ...site.owner },
    attendee: { address: person.email, name: person.name },
    url: site.url,
  });
}

function appointmentModel(event: AppointmentEvent, greeting: string | undefined, locale: string): AppointmentModel {
  const { start, end, timeZone, title, place, notes, reason } = event.data;
  return {
    title,
    place: place === undefined || place === '' ? null : place,
    when: { ...timeInWords(start, end, timeZone, locale), tile: dateTile(start, timeZone, locale) },
    greeting: greeting ?? null,
    reasonLines: textLines(reason),
    notesLines: textLines(notes),
  };
}

function previousTime(event: AppointmentEvent, { previous }: AppointmentRevision, locale: string): ReturnType<typeof timeInWords> | null {
  const { start, end, timeZone } = event.data;
  const same = previous === undefined || (Date.parse(previous.start) === Date.parse(start) && Date.parse(previous.end) === Date.parse(end));
  return same ? null : timeInWords(previous.start, previous.end, timeZone, locale);
}
