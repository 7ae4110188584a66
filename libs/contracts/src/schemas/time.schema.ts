import { z } from 'zod';

const [FIRST_YEAR, LAST_YEAR] = [1900, 9998];

/**
 * RFC 3339 with an offset or Z, in years that calendars can write: it goes from 0000 to 9999, and the ends of that are
 * year -1 or 10000 on some clock of the world. A broken one ends the checks, so that no rule compares it with another.
 */
export const instant = z.iso
  .datetime({
    offset: true,
    abort: true,
    error: 'must be a time as in RFC 3339 with an offset, such as 2026-03-29T10:00:00+02:00',
  })
  .refine((text) => isWithin(new Date(text).getUTCFullYear()), {
    error: `must lie in the years ${FIRST_YEAR} to ${LAST_YEAR}`,
    params: { rule: 'year' },
    abort: true,
  });

function isWithin(year: number): boolean {
  return year >= FIRST_YEAR && year <= LAST_YEAR;
}

const known = new Set<string>();

// Intl also takes plain offsets such as "+01:00", which say nothing about daylight saving.
function isTimeZone(name: string): boolean {
  // Bounded, so that strangers cannot fill the memory: only names that exist are remembered, and Intl knows a name
  // in any mixture of cases.
  const folded = name.toLowerCase();
  if (known.has(folded)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  known.add(folded);
  return true;
}

/** A name from the IANA time zone database. */
export const timeZone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/, 'must be an IANA time zone, such as Europe/Berlin')
  .refine(isTimeZone, { error: 'is not a time zone known to the IANA database', params: { rule: 'time_zone' }, abort: true });
