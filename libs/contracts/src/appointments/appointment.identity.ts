import { createHash } from 'node:crypto';
import { acceptedAtOf } from '../envelope/identifier.js';

const SEQUENCE_EPOCH_SECONDS = Date.UTC(2025, 0, 1) / 1_000;

/**
 * The iCalendar UID of an appointment: the same in the calendar and in every invitation, so that a mail program
 * recognises the entry. Hashed, because an appointment's id is free text and a UID travels to strangers.
 */
export function appointmentUid(site: string, appointmentId: string): string {
  const digest = createHash('sha256').update(`${site}\0${appointmentId}`).digest('hex');
  return `${digest.slice(0, 32)}@posthorn`;
}

/**
 * The least iCalendar SEQUENCE of a change: the seconds from 2025 to the event's acceptance, which fit RFC 5545's
 * 31 bits until 2093. Whoever writes it knows the appointment's previous SEQUENCE and uses one more than that where
 * this is not greater, as for two changes within one second; so services agree without asking each other.
 */
export function appointmentSequence(eventId: string): number {
  return Math.max(0, Math.floor(acceptedAtOf(eventId).getTime() / 1_000) - SEQUENCE_EPOCH_SECONDS);
}
