import { createEvent, type EventData } from '@posthorn/contracts';
import { describe, expect, it } from 'vitest';
import { LeadSyncHandler } from './lead-sync.handler.js';
import { leadEnquiry } from './lead.mapping.js';

const lead = (data: Partial<EventData<'lead.submitted'>> = {}) =>
  createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email: 'jane@example.org' }, ...data } });

describe('a lead', () => {
  it('becomes an enquiry under the id and the time of its event', () => {
    const event = lead({ message: 'Do you ship?', form: 'contact' });
    expect(leadEnquiry(event)).toEqual({
      eventId: event.id,
      time: event.time,
      person: { email: 'jane@example.org' },
      subject: 'Enquiry: contact',
      message: 'Do you ship?',
      details: [],
    });
  });

  it('brings the proof of consent along: purposes, wording, time and way', () => {
    const event = lead({ consent: { purposes: ['contact', 'offers'], wordingVersion: 'v3', time: '2026-11-22T10:00:00Z', way: 'phone' } });
    expect(leadEnquiry(event).details).toEqual([{ label: 'Consent', value: 'contact, offers (wording v3, 2026-11-22T10:00:00Z, phone)' }]);
  });

  it('tells page and campaign, and nothing of what is missing', () => {
    const event = lead({ page: 'https://acme.example/contact', campaign: { source: 'newsletter', name: 'autumn' } });
    expect(leadEnquiry(event).details).toEqual([
      { label: 'Page', value: 'https://acme.example/contact' },
      { label: 'Campaign', value: 'newsletter / autumn' },
    ]);
  });

  it('is ordered by the person, however they wrote their address', () => {
    const handler = new LeadSyncHandler();
    expect(handler.orderingKey(lead({ person: { email: 'Jane@Example.org' } }))).toBe(handler.orderingKey(lead()));
  });
});
