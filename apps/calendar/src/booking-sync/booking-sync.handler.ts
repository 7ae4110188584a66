import { appointmentUid, type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult, Delivers } from '@posthorn/delivery';
import type { CalendarProvider } from '../calendar.provider.js';
import { type BookingType, calendarEntry } from './booking.mapping.js';

/**
 * Keeps the calendar as the appointments are. One action for all three, so that they cannot overtake each other;
 * the latest wins, so that a booking which arrives late cannot bring a cancelled appointment back. Overlapping
 * appointments are the site's business: what it booked is booked.
 */
@Delivers({
  types: ['appointment.booked', 'appointment.rescheduled', 'appointment.cancelled'],
  action: 'sync-appointment',
  unknown: 'retry',
  latestWins: true,
})
export class BookingSyncHandler implements DeliveryHandler<BookingType, CalendarProvider> {
  orderingKey({ site, data }: PosthornEvent<BookingType>): string {
    return appointmentUid(site, data.appointmentId);
  }

  async deliver(event: PosthornEvent<BookingType>, { provider, signal }: DeliveryCall<CalendarProvider>): Promise<DeliveryResult> {
    const entry = calendarEntry(event);
    switch (event.type) {
      case 'appointment.booked':
        return { ...(await provider.create(entry, { signal })), outcome: 'calendar.event.created' };
      case 'appointment.rescheduled':
        return { ...(await provider.move(entry, { signal })), outcome: 'calendar.event.moved' };
      case 'appointment.cancelled':
        return { ...(await provider.cancel(entry, { signal })), outcome: 'calendar.event.cancelled' };
    }
  }
}
