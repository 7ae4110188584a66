import { Injectable } from '@nestjs/common';
import { appointmentSequence, type PosthornEvent } from '@posthorn/contracts';
import { Database, prepared } from '@posthorn/persistence';

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

// DO UPDATE changes nothing: it is what makes the row of an earlier attempt come back.
const RECORD = prepared(`
  WITH revision AS (
    INSERT INTO appointment_revisions AS known (event_id, site, appointment_id, sequence, starts_at, ends_at)
    SELECT $1::uuid, $2::text, $3::text, GREATEST($4::bigint, coalesce(max(sequence) + 1, 0)), $5::timestamptz, $6::timestamptz
      FROM appointment_revisions WHERE site = $2 AND appointment_id = $3 AND event_id < $1
    ON CONFLICT (event_id) DO UPDATE SET sequence = known.sequence
    RETURNING sequence
  )
  SELECT revision.sequence::float8 AS sequence, previous.starts_at AS previous_start, previous.ends_at AS previous_end
    FROM revision LEFT JOIN LATERAL (
      SELECT starts_at, ends_at FROM appointment_revisions
       WHERE site = $2 AND appointment_id = $3 AND event_id < $1
       ORDER BY event_id DESC LIMIT 1
    ) previous ON true`);

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
    const [row] = await this.database.query<Row>(RECORD, [event.id, event.site, appointmentId, appointmentSequence(event.id), start, end]);
    if (row === undefined) throw new Error(`The revision of event ${event.id} was not answered`);
    if (row.previous_start === null || row.previous_end === null) return { sequence: row.sequence };
    return { sequence: row.sequence, previous: { start: row.previous_start.toISOString(), end: row.previous_end.toISOString() } };
  }
}
