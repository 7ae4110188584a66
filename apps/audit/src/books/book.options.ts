/** What the bookkeeper is given; a test has its own clock and patience. */
export interface BookOptions {
  /** Between two rounds; default 10 s. */
  everyMs?: number;
  /** How long what was accepted may be on its way, while the reconciler has its chance; default 5 min. */
  windowMs?: number;
  /** How long after midnight a day is closed at the earliest; default 10 min. */
  closeAfterMs?: number;
  /** How long an answer is waited for; default 4 s. */
  waitMs?: number;
  now?: () => Date;
}

export const BOOK_OPTIONS = Symbol('book options');

export const DAY_MS = 86_400_000;

/** The UTC day of a moment: `2026-03-29`. */
export const dayOf = (moment: Date | number): string => new Date(moment).toISOString().slice(0, 10);
export const daysBefore = (day: string, days: number): string => dayOf(Date.parse(day) - days * DAY_MS);
export const laterDay = (a: string, b: string): string => (a > b ? a : b);
