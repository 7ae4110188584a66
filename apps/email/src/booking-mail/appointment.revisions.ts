import { Injectable } from '@nestjs/common';
import { appointmentSequence, type PosthornEvent } from '@posthorn/contracts';
import { Database } from '@posthorn/persistence';

export type AppointmentEvent = PosthornEvent<'appointment.booked' | 'appointment.rescheduled' | 'appointment.cancelled'>;

/** What one event made of an appointment, and what it was before. */
export interface AppointmentRevision {
  sequence: number;
  previous?: { start: string; end: string };
}

interface Row {
  sequence: number;
  previous_start: Date | null;
  previous_end: Date | null;
}

/**
 * Numbers the changes of an appointment. SEQUENCE is the contract's (seconds of acceptance, so that the calendar
 * service writes the same), but always greater than the one before, for changes within one second. It is stored by
 * event, so that every further attempt sends the number of the first.
 */
@Injectable()
export class AppointmentRevisions {
  constructor(private readonly database: Database) {}

  async record(event: AppointmentEvent): Promise<AppointmentRevision> {
    const { appointmentId, start, end } = event.data;
    await this.database.query(
      `INSERT INTO appointment_revisions (event_id, site, appointment_id, sequence, starts_at, ends_at)
       SELECT $1::uuid, $2::text, $3::text, GREATEST($4::bigint, coalesce(max(sequence) + 1, 0)), $5::timestamptz, $6::timestamptz
       FROM appointment_revisions WHERE site = $2 AND appointment_id = $3 AND event_id < $1
       ON CONFLICT (event_id) DO NOTHING`,
      [event.id, event.site, appointmentId, appointmentSequence(event.id), start, end],
    );
    const [row] = await this.database.query<Row>(
      `SELECT revision.sequence::float8 AS sequence, previous.starts_at AS previous_start, previous.ends_at AS previous_end
       FROM appointment_revisions revision
       LEFT JOIN LATERAL (
         SELECT starts_at, ends_at FROM appointment_revisions earlier
         WHERE earlier.site = revision.site AND earlier.appointment_id = revision.appointment_id AND earlier.event_id < revision.event_id
         ORDER BY earlier.event_id DESC LIMIT 1
       ) previous ON true
       WHERE revision.event_id = $1`,
      [event.id],
    );
    if (row === undefined) throw new Error(`The revision of event ${event.id} was written but cannot be read`);
    if (row.previous_start === null || row.previous_end === null) return { sequence: row.sequence };
    return { sequence: row.sequence, previous: { start: row.previous_start.toISOString(), end: row.previous_end.toISOString() } };
  }
}
