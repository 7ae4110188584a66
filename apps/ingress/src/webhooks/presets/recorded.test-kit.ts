import type { EventData, EventType } from '@posthorn/contracts';

/** A delivery in the shape in which its sender was seen to send it; people and numbers are made up. */
export interface Recorded {
  what: string;
  headers?: Record<string, string>;
  body: unknown;
  /** The events it has to become; none where there is nothing to report. */
  becomes: { [T in EventType]: { type: T; time?: string; data: EventData<T> } }[EventType][];
}
