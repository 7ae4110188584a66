/** A wall-clock time that a time zone skips, or something that is no time at all. */
export class NoSuchTimeError extends Error {}

const MINUTE_MS = 60_000;

/** The instant at which clocks in `zone` show this date and time. Where they show it twice, the first. */
export function zonedInstant(date: string, time: string, zone: string): Date {
  const wanted = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(wanted)) throw new NoSuchTimeError('This is not a date and time.');
  // The offset depends on the instant that is looked for: try the offsets in force around it.
  const offsets = new Set([-1440, 0, 1440].map((shift) => offsetMinutes(new Date(wanted + shift * MINUTE_MS), zone)));
  const found = [...offsets]
    .map((offset) => ({ offset, instant: new Date(wanted - offset * MINUTE_MS) }))
    .filter(({ offset, instant }) => offsetMinutes(instant, zone) === offset)
    .sort((a, b) => a.instant.getTime() - b.instant.getTime());
  if (!found[0]) throw new NoSuchTimeError('Clocks are put forward that night: this time does not exist on that day.');
  return found[0].instant;
}

/** RFC 3339 with the offset of the zone: `2026-11-24T09:30:00+01:00`. */
export function zonedText(instant: Date, zone: string): string {
  const offset = offsetMinutes(instant, zone);
  const local = new Date(instant.getTime() + offset * MINUTE_MS).toISOString().slice(0, 19);
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) => String(part).padStart(2, '0'));
  return `${local}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}

function offsetMinutes(instant: Date, zone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(instant);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
