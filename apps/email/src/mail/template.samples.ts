import { type CommonModel, type TemplateModels, type TemplateName } from './template.models.js';

/**
 * For every template the fullest model and the barest. Each template is rendered with both when the service starts,
 * so that a misspelt name in a site's own template stops the start, not a customer's mail.
 */
export const TEMPLATE_SAMPLES: { [N in TemplateName]: { full: TemplateModels[N]; bare: TemplateModels[N] } } = {
  'lead-confirmation': { full: { greeting: 'Jane Roe' }, bare: { greeting: null } },
  'lead-notice': {
    full: {
      person: 'Jane Roe',
      email: 'jane@example.com',
      phone: '+44 20 7946 0018',
      company: 'Roe & Daughters',
      messageLines: ['Hello,', '', 'we are looking for a garden house of about 12 m², delivered to Bath before Easter.', 'Could you call me on Thursday?'],
      page: 'https://acme.example/contact',
      form: 'contact',
      campaign: 'newsletter / email / spring',
      replyUrl: 'mailto:jane@example.com',
      received: '22 November 2026 at 15:04',
    },
    bare: {
      person: 'jane@example.com',
      email: 'jane@example.com',
      phone: null,
      company: null,
      messageLines: [],
      page: null,
      form: null,
      campaign: null,
      replyUrl: 'mailto:jane@example.com',
      received: '22 November 2026 at 15:04',
    },
  },
  'newsletter-opt-in': {
    full: { greeting: 'Jane Roe', list: 'Garden letter', confirmUrl: 'https://events.acme.example/v1/newsletter/confirm/AQBk', expires: '29 November 2026' },
    bare: { greeting: null, list: 'Garden letter', confirmUrl: 'https://events.acme.example/v1/newsletter/confirm/AQBk', expires: '29 November 2026' },
  },
  'newsletter-welcome': {
    full: { greeting: 'Jane Roe', list: 'Garden letter', unsubscribeUrl: 'https://events.acme.example/v1/newsletter/unsubscribe/AQFk' },
    bare: { greeting: null, list: 'Garden letter', unsubscribeUrl: 'https://events.acme.example/v1/newsletter/unsubscribe/AQFk' },
  },
  'appointment-booked': { full: appointment(true), bare: appointment(false) },
  'appointment-rescheduled': {
    full: { ...appointment(true), previous: { day: 'Tuesday, 24 March 2026', hours: '09:00–10:00', zone: 'Central European Time' } },
    bare: { ...appointment(false), previous: null },
  },
  'appointment-cancelled': { full: appointment(true), bare: appointment(false) },
  'order-receipt': {
    full: {
      greeting: 'Jane Roe',
      orderId: '2026-00417',
      paid: '22 November 2026 at 15:04',
      lines: [
        { name: 'Garden house “Bath”, larch, 12 m²', quantity: '1', price: '€3,490.00', total: '€3,490.00', several: false },
        { name: 'Roof shingles', quantity: '14', price: '€12.95', total: '€181.30', several: true },
      ],
      total: '€3,671.30',
    },
    bare: { greeting: null, orderId: '1', paid: '22 November 2026 at 15:04', lines: [], total: '€0.00' },
  },
  'erasure-confirmation': {
    full: { greeting: 'Jane Roe', confirmUrl: 'https://events.acme.example/v1/privacy/confirm/AQJk', expires: '29 November 2026' },
    bare: { greeting: null, confirmUrl: 'https://events.acme.example/v1/privacy/confirm/AQJk', expires: '29 November 2026' },
  },
  'form-notice': {
    full: {
      form: 'returns',
      person: 'Jane Roe',
      replyUrl: 'mailto:jane@example.com',
      details: [
        { label: 'Order', lines: ['2026-00417'] },
        { label: 'What happened', lines: ['Two shingles were broken.', 'Photographs follow.'] },
        { label: 'Wishes', lines: ['exchange', 'call back'] },
      ],
      received: '22 November 2026 at 15:04',
    },
    bare: { form: 'returns', person: null, replyUrl: null, details: [], received: '22 November 2026 at 15:04' },
  },
};

function appointment(full: boolean): TemplateModels['appointment-booked'] {
  return {
    title: 'Consultation in the garden',
    place: full ? '12 Garden Lane, Bath' : null,
    when: {
      day: 'Wednesday, 25 March 2026',
      hours: '10:00–11:00',
      zone: 'Central European Time',
      tile: { month: 'Mar', day: '25', weekday: 'Wed' },
    },
    greeting: full ? 'Jane Roe' : null,
    reasonLines: full ? ['The ground is still frozen.'] : [],
    notesLines: full ? ['Please bring the plan of the plot.', 'Parking is behind the house.'] : [],
  };
}

export const SAMPLE_COMMON: { full: CommonModel; bare: CommonModel } = {
  full: {
    locale: 'en',
    site: {
      name: 'Acme Gardens',
      initial: 'A',
      url: 'https://acme.example',
      host: 'acme.example',
      logoUrl: 'https://acme.example/logo.png',
      imprintLines: ['Acme Gardens Ltd, 12 Garden Lane, Bath BA1 1AA', 'Registered in England, no. 01234567'],
      accent: '#1f6f54',
      onAccent: '#ffffff',
      accentOnLight: '#1f6f54',
      accentOnDark: '#57937f',
    },
  },
  bare: {
    locale: 'en',
    site: {
      name: 'Acme',
      initial: 'A',
      url: 'https://acme.example',
      host: 'acme.example',
      logoUrl: null,
      imprintLines: [],
      accent: '#1f6f54',
      onAccent: '#ffffff',
      accentOnLight: '#1f6f54',
      accentOnDark: '#57937f',
    },
  },
};
