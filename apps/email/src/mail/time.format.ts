import { dateFormat } from './intl.formats.js';

/** One appointment's time in words, in its own time zone: the day, from when to when, and whose clock that is. */
export interface TimeInWords {
  day: string;
  hours: string;
  zone: string;
}

export function timeInWords(start: string, end: string, timeZone: string, locale: string): TimeInWords {
  const [from, to] = [new Date(start), new Date(end)];
  const part = (moment: Date, options: Intl.DateTimeFormatOptions): string =>
    dateFormat(locale, { timeZone, ...options }).format(moment);
  const clockChanges = zoneName(from, timeZone, 'en', 'longOffset') !== zoneName(to, timeZone, 'en', 'longOffset');
  const days = dateFormat(locale, { timeZone, dateStyle: 'full' });
  const hours = dateFormat(locale, { timeZone, timeStyle: 'short' });
  const sameDay = days.format(from) === days.format(to);
  return {
    day: sameDay ? days.format(from) : days.formatRange(from, to),
    // Where the clock is changed in between, 02:30 to 02:30 would look like no time at all.
    hours: clockChanges
      ? [from, to].map((moment) => part(moment, { hour: 'numeric', minute: '2-digit', timeZoneName: 'short' })).join(' – ')
      : sameDay ? hours.formatRange(from, to) : `${hours.format(from)} – ${hours.format(to)}`,
    zone: zoneName(from, timeZone, locale, 'longGeneric') ?? timeZone,
  };
}

/** The parts of a calendar leaf. */
export function dateTile(start: string, timeZone: string, locale: string): { month: string; day: string; weekday: string } {
  const part = (options: Intl.DateTimeFormatOptions): string => dateFormat(locale, { timeZone, ...options }).format(new Date(start));
  const day = dateFormat('en', { timeZone, day: 'numeric' }).format(new Date(start));
  return { month: part({ month: 'short' }), day, weekday: part({ weekday: 'short' }) };
}

/** A moment without a place of its own, such as when a payment arrived: shown in the site's time zone. */
export function momentInWords(moment: Date, timeZone: string, locale: string): string {
  return dateFormat(locale, { timeZone, dateStyle: 'long', timeStyle: 'short' }).format(moment);
}

function zoneName(moment: Date, timeZone: string, locale: string, timeZoneName: 'longGeneric' | 'longOffset'): string | undefined {
  const parts = dateFormat(locale, { timeZone, timeZoneName }).formatToParts(moment);
  return parts.find((part) => part.type === 'timeZoneName')?.value;
}
