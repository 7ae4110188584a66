import { type TimeInWords } from './time.format.js';

/** A label and its value, as notices list them. */
export interface DetailModel {
  label: string;
  /** Lines, because a mail cannot rely on CSS to keep line breaks. */
  lines: string[];
}

export interface AppointmentModel {
  title: string;
  place: string | null;
  when: TimeInWords & { tile: { month: string; day: string; weekday: string } };
  greeting: string | null;
  reasonLines: string[];
  notesLines: string[];
}

/**
 * Every template and what it may use. Values are ready to be shown: formatted for the reader's language, `null` or
 * empty where there is nothing to say. A template that uses any other name fails when the service starts.
 */
export interface TemplateModels {
  'lead-confirmation': { greeting: string | null };
  'lead-notice': {
    person: string;
    email: string;
    phone: string | null;
    company: string | null;
    messageLines: string[];
    page: string | null;
    form: string | null;
    campaign: string | null;
    replyUrl: string;
    received: string;
  };
  'newsletter-opt-in': { greeting: string | null; list: string; confirmUrl: string; expires: string };
  'newsletter-welcome': { greeting: string | null; list: string; unsubscribeUrl: string };
  'appointment-booked': AppointmentModel;
  'appointment-rescheduled': AppointmentModel & { previous: TimeInWords | null };
  'appointment-cancelled': AppointmentModel;
  'order-receipt': {
    greeting: string | null;
    orderId: string;
    paid: string;
    lines: { name: string; quantity: string; price: string; total: string; several: boolean }[];
    total: string;
  };
  'erasure-confirmation': { greeting: string | null; confirmUrl: string; expires: string };
  'form-notice': { form: string; person: string | null; replyUrl: string | null; details: DetailModel[]; received: string };
}

export type TemplateName = keyof TemplateModels;

/** What every template may use beside its own model. */
export interface CommonModel {
  locale: string;
  site: {
    name: string;
    initial: string;
    url: string;
    host: string;
    logoUrl: string | null;
    imprintLines: string[];
    accent: string;
    onAccent: string;
    accentOnLight: string;
    accentOnDark: string;
  };
}

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}
