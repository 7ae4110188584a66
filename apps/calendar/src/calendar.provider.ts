/**
 * What this service needs of a calendar. Every call may be repeated with the same arguments and then changes
 * nothing. An adapter throws the error classes of `@posthorn/resilience` and nothing else.
 */
export interface CalendarProvider {
  /** Makes the entry; one that is there already and says the same is a success. */
  create(entry: CalendarEntry, call: CalendarCall): Promise<Kept>;
  /** Changes the entry; an appointment the calendar does not know is created. */
  move(entry: CalendarEntry, call: CalendarCall): Promise<Kept>;
  /** Removes the entry; nothing there is a success. */
  cancel(entry: Pick<CalendarEntry, 'uid'>, call: CalendarCall): Promise<Kept>;
  /**
   * Leaves of the entry that it takes time, and `entry.title`: nothing that anybody wrote into it. Nothing there is a
   * success. Looks that it is gone, and tells whether there was something to erase.
   */
  erase(entry: NeutralEntry, call: CalendarCall): Promise<boolean>;
  /** When the calendar is taken within the range: merged, in order, without what for. */
  freeBusy(range: TimeRange, call: CalendarCall): Promise<TimeRange[]>;
  /** Whether the calendar is there and accepts our credentials; changes nothing. */
  check(call: CalendarCall): Promise<void>;
}

/** `signal` is the guard's: it ends this attempt alone. */
export interface CalendarCall {
  signal: AbortSignal;
}

export interface CalendarEntry {
  /** The same for every event of one appointment, and in the invitations that are mailed. */
  uid: string;
  /** The event that says so. Ids sort by time of acceptance: an older one never overwrites a newer one. */
  eventId: string;
  /** The least SEQUENCE to write; a calendar that is ahead of it goes on from its own. */
  sequence: number;
  start: Date;
  end: Date;
  /** IANA. Where the appointment is meant to stay when clocks change. */
  timeZone: string;
  title: string;
  place?: string;
  description?: string;
}

/** What may stay of an appointment. */
export type NeutralEntry = Omit<CalendarEntry, 'place' | 'description'>;

export interface TimeRange {
  start: Date;
  end: Date;
}

/** `externalId` is where the calendar keeps the entry; `facts` never hold personal data. */
export interface Kept {
  externalId: string;
  facts?: Record<string, string | number | boolean>;
}
