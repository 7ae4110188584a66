import { describe, expect, it } from 'vitest';
import type { Enquiry } from '../../crm.provider.js';
import { contactProperties, dealProperties, noteProperties, subscriptionProperty } from './hubspot.mapping.js';

const enquiry = (more: Partial<Enquiry> = {}): Enquiry => ({
  eventId: 'e1',
  time: '2026-11-22T10:00:00Z',
  person: { email: 'jane@example.org' },
  subject: 'Enquiry',
  details: [],
  ...more,
});

describe('a contact', () => {
  it('never empties a field that the event says nothing about', () => {
    expect(contactProperties({ email: 'jane@example.org', name: '', phone: undefined })).toEqual({ email: 'jane@example.org' });
  });

  it('has its address in lower case, as HubSpot keeps it', () => {
    expect(contactProperties({ email: 'Jane@Example.ORG' })).toEqual({ email: 'jane@example.org' });
  });

  it.each([
    ['Jane Roe', { firstname: 'Jane', lastname: 'Roe' }],
    ['  Jane   van der Roe ', { firstname: 'Jane', lastname: 'van der Roe' }],
    ['Jane', { firstname: 'Jane' }],
    ['   ', {}],
  ])('splits the name %j after the first word', (name, expected) => {
    expect(contactProperties({ email: 'j@example.org', name })).toEqual({ email: 'j@example.org', ...expected });
  });

  it.each([
    ['de-AT', 'de'],
    ['EN', 'en'],
    ['tlh', undefined],
  ])('speaks the language of %s only where HubSpot knows it', (locale, expected) => {
    expect(contactProperties({ email: 'j@example.org', locale })['hs_language']).toBe(expected);
  });
});

describe('a note', () => {
  it('shows what a visitor typed and runs none of it', () => {
    const { hs_note_body: body } = noteProperties(
      enquiry({ message: '<img src=x onerror=alert(1)>\n"two" & \'three\'', details: [{ label: '<b>Page</b>', value: '</li><script>' }] }),
    );
    expect(body).toBe(
      '<p><strong>Enquiry</strong></p><p>&lt;img src=x onerror=alert(1)&gt;<br>&quot;two&quot; &amp; &#39;three&#39;</p>' +
        '<ul><li><strong>&lt;b&gt;Page&lt;/b&gt;</strong>: &lt;/li&gt;&lt;script&gt;</li></ul>',
    );
  });

  it('is shortened to what HubSpot takes, and stays harmless', () => {
    const { hs_note_body: body = '' } = noteProperties(enquiry({ message: '<b>"&</b>'.repeat(20_000) }));
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toMatch(/… \(shortened\)<\/p>$/);
    expect(body.slice(3, -4)).not.toMatch(/[<>]/);
  });
});

describe('a deal', () => {
  it('is closed at the time of the order, in its currency, in the configured stage', () => {
    const order = {
      orderKey: 'acme:A-17',
      orderId: 'A-17',
      time: '2026-11-22T10:00:00Z',
      person: { email: 'jane@example.org' },
      amount: '25.00',
      currency: 'EUR',
      lines: [{ name: 'Tea', sku: 'T1', quantity: 2, price: '12.50' }],
    };
    expect(dealProperties(order, { pipeline: 'default', stage: 'closedwon' })).toEqual({
      dealname: 'Order A-17',
      amount: '25.00',
      deal_currency_code: 'EUR',
      closedate: '2026-11-22T10:00:00Z',
      pipeline: 'default',
      dealstage: 'closedwon',
      description: '2 × Tea (T1): 12.50 EUR',
    });
  });
});

describe('the property of a newsletter list', () => {
  it('is a name that HubSpot takes', () => {
    for (const list of ['news', 'Winter Sale!', '新闻', '-', 'x'.repeat(200)]) {
      expect(subscriptionProperty(list)).toMatch(/^[a-z][a-z0-9_]{0,99}$/);
    }
  });

  it('differs for lists that differ', () => {
    const lists = ['news', 'News', 'news!', '新闻', '新聞', 'winter sale', 'winter-sale'];
    expect(new Set(lists.map(subscriptionProperty)).size).toBe(lists.length);
  });
});
