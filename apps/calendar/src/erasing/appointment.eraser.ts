import { Injectable } from '@nestjs/common';
import { type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryResult, type Eraser } from '@posthorn/delivery';
import { type BookingType, calendarEntry } from '../booking-sync/booking.mapping.js';
import type { CalendarProvider, NeutralEntry } from '../calendar.provider.js';

const TITLE = 'Erased';

interface Options {
  readonly erasedTitle?: string;
}

/** Leaves a person's appointments in the calendar as time that is taken, past and future ones, and nothing they said about the person. */
@Injectable()
export class AppointmentEraser implements Eraser<CalendarProvider> {
  /** What an attempt has come to, by delivery: many appointments may take longer than one. */
  private readonly done = new Map<string, Set<string>>();

  async erase(events: readonly PosthornEvent[], { provider, connection, deliveryId, signal }: DeliveryCall<CalendarProvider>): Promise<Pick<DeliveryResult, 'outcome' | 'facts'>> {
    const { erasedTitle = TITLE } = connection.options as Options;
    const entries = neutralEntries(events, erasedTitle);
    const done = this.done.get(deliveryId) ?? new Set();
    this.done.set(deliveryId, done);
    for (const entry of entries.filter(({ uid }) => !done.has(uid))) {
      await provider.erase(entry, { signal });
      done.add(entry.uid);
    }
    this.done.delete(deliveryId);
    return { outcome: 'calendar.person.erased', facts: { appointments: entries.length } };
  }
}

/** Each appointment once, as its latest event has it. */
export function neutralEntries(events: readonly PosthornEvent[], title: string): NeutralEntry[] {
  const latest = new Map<string, NeutralEntry>();
  for (const event of events.filter(isBooking).sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { uid, eventId, sequence, start, end, timeZone } = calendarEntry(event);
    latest.set(uid, { uid, eventId, sequence, start, end, timeZone, title });
  }
  return [...latest.values()];
}

function isBooking(event: PosthornEvent): event is PosthornEvent<BookingType> {
  return event.type.startsWith('appointment.');
}
