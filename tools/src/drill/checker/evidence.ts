/** One delivery as a service's own table tells it. */
export interface DeliveryRow {
  state: string;
  attempts: number;
  errorCode?: string;
  settledAt: number;
}

export interface Contact {
  count: number;
  properties: Readonly<Record<string, string | null>>;
}

export interface CalendarEntry {
  /** The event it was last written for. */
  eventId: string;
  start: string;
}

/** Everything that was found, wherever it was looked for. Maps from event to something have `keyOf` as their key. */
export interface Evidence {
  /** Ingress's ledger: event id → Idempotency-Key and time. */
  ledger: ReadonlyMap<string, { key: string | null; acceptedAt: number }>;
  deliveries: ReadonlyMap<string, DeliveryRow>;
  /** The CRM's notes by event id, its deals by order id, its contacts by address. */
  notes: ReadonlyMap<string, number>;
  deals: ReadonlyMap<string, number>;
  contacts: ReadonlyMap<string, Contact>;
  /** Copies of each mail by `<event id>.<action>`, as its Message-ID says. */
  mails: ReadonlyMap<string, number>;
  /** The calendar's entries by the person's address. */
  calendar: ReadonlyMap<string, readonly CalendarEntry[]>;
  audit: {
    /** Event id → when it was recorded. */
    events: ReadonlyMap<string, number>;
    /** How often the log says that a delivery was made, and how often that nobody knows. */
    delivered: ReadonlyMap<string, number>;
    unknown: ReadonlyMap<string, number>;
    /** Outcomes in the services' outboxes that the log does not have. */
    missingOutcomes: number;
  };
}

export function keyOf(service: string, eventId: string, action: string): string {
  return `${service} ${eventId} ${action}`;
}
