/**
 * What this service needs of a CRM. Every call may be repeated with the same arguments and then
 * changes nothing: the delivery engine repeats whatever it is not certain of.
 * An adapter throws the error classes of `@posthorn/resilience` and nothing else.
 */
export interface CrmProvider {
  /** Creates the person, or changes the one that has this e-mail address (or had `previousEmail`). */
  upsertPerson(change: PersonChange, call: CrmCall): Promise<Recorded>;
  /** Records what a person asked, once per `eventId`. */
  recordEnquiry(enquiry: Enquiry, call: CrmCall): Promise<Recorded>;
  /** Records a paid order, once per `orderKey`. */
  recordOrder(order: Order, call: CrmCall): Promise<Recorded>;
  setSubscription(subscription: Subscription, call: CrmCall): Promise<Recorded>;
  /** Removes people and what was recorded about them, for good, and looks that it is gone; nothing there is a success. */
  erase(traces: Traces, call: CrmCall): Promise<Erased>;
  /** Whether the CRM accepts our credentials; changes nothing there. */
  check(call: CrmCall): Promise<void>;
}

/** `signal` is the guard's: it ends this attempt alone. */
export interface CrmCall {
  signal: AbortSignal;
}

export interface Person {
  email: string;
  name?: string;
  phone?: string;
  company?: string;
  /** A BCP 47 tag, as the site sent it. */
  locale?: string;
}

export interface PersonChange {
  person: Person;
  previousEmail?: string;
}

export interface Enquiry {
  eventId: string;
  time: string;
  person: Person;
  subject: string;
  message?: string;
  /** What else the site told, in reading order. Plain text: escaping is the adapter's. */
  details: readonly Detail[];
}

export interface Detail {
  label: string;
  value: string;
}

export interface Order {
  /** Unique within the CRM account, also when two sites share one. */
  orderKey: string;
  orderId: string;
  time: string;
  person: Person;
  amount: string;
  currency: string;
  lines: readonly { name: string; sku?: string; quantity: number; price: string }[];
}

export interface Subscription {
  person: Person;
  list: string;
  state: 'pending' | 'subscribed' | 'unsubscribed';
}

/** What is to be forgotten: the addresses that people had, and what was recorded under our own ids. */
export interface Traces {
  emails: readonly string[];
  /** Of the events that enquiries were recorded for. */
  enquiries: readonly string[];
  /** `orderKey`s. */
  orders: readonly string[];
}

/** How many of each were there. */
export interface Erased {
  contacts: number;
  enquiries: number;
  orders: number;
}

/** `externalId` is the CRM's own id of the record; `facts` never hold personal data. */
export interface Recorded {
  externalId: string;
  facts?: Record<string, string | number | boolean>;
}
