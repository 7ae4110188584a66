import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CALDAV_ACCOUNT, startSandbox, TOKEN, type RunningSandbox } from '../sandbox.test-kit.js';
import { startIngressStub, type IngressStub } from './ingress.test-kit.js';

let ingress: IngressStub;
let sandbox: RunningSandbox;

beforeAll(async () => {
  ingress = await startIngressStub();
  sandbox = await startSandbox({ ingressUrl: ingress.url });
});
afterAll(async () => {
  await sandbox.stop();
  await ingress.stop();
});
beforeEach(() => {
  ingress.posted.length = 0;
  ingress.tell([]);
  ingress.refuseWith(undefined);
});

const page = async (path: string): Promise<string> => (await fetch(`${sandbox.url}${path}`)).text();

async function formKey(path: string): Promise<string> {
  return /name="key" value="([^"]+)"/.exec(await page(path))?.[1] ?? '';
}

function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${sandbox.url}${path}`, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' });
}

const ada = { name: 'Ada Lovelace', email: 'ada@example.org', locale: 'en' };

describe('each form hands over the event the contract demands', () => {
  it.each([
    ['/contact', { ...ada, message: 'My roses\r\nsuffer.', phone: '+49 30 1', company: '', offers: 'yes' }, 'lead.submitted', { form: 'contact', message: 'My roses\r\nsuffer.', consent: { purposes: ['offers-by-mail'] }, person: { email: 'ada@example.org', phone: '+49 30 1' } }],
    ['/newsletter', { email: 'ada@example.org', name: '', locale: 'de', consent: 'yes' }, 'newsletter.subscribed', { list: 'Garden letter', person: { locale: 'de' }, consent: { purposes: ['newsletter'], wordingVersion: '2026-11' } }],
    ['/appointment', { ...ada, date: '2026-11-24', time: '10:00', timeZone: 'America/New_York', place: 'Lindenweg 4' }, 'appointment.booked', { start: '2026-11-24T10:00:00-05:00', end: '2026-11-24T11:00:00-05:00', timeZone: 'America/New_York' }],
    ['/order', { ...ada, 'quantity-BED': '2', 'quantity-HERB': '1', 'quantity-PLAN': '0' }, 'order.paid', { total: { amount: '243.00', currency: 'EUR' }, lines: [{ sku: 'BED', quantity: 2, price: '89.50' }, { sku: 'HERB', quantity: 1, price: '64.00' }] }],
  ])('%s', async (path, fields, type, data) => {
    const key = await formKey(path);
    const answer = await post(path, { key, ...fields });
    expect(answer.status).toBe(303);
    // The stub parses with the contract and would have refused anything else.
    expect(ingress.posted).toMatchObject([{ type, data, idempotencyKey: key, authorization: 'Bearer site-secret' }]);
    expect(answer.headers.get('location')).toBe(`/sent/${ingress.posted[0]?.id ?? ''}`);
  });

  it('once, however often the same page is sent', async () => {
    const fields = { key: await formKey('/contact'), ...ada, message: 'Hello', offers: 'yes' };
    const [first, second] = [await post('/contact', fields), await post('/contact', fields)];
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(ingress.posted).toHaveLength(1);
  });

  it('an appointment is moved and cancelled under its own id', async () => {
    const booked = await post('/appointment', { key: await formKey('/appointment'), ...ada, date: '2026-11-24', time: '10:00', timeZone: 'Europe/Berlin' });
    const moved = await post(`${booked.headers.get('location') ?? ''}/reschedule`, { date: '2026-07-01', time: '12:00' });
    await post(`${moved.headers.get('location') ?? ''}/cancel`, {});
    const id = (ingress.posted[0]?.data as { appointmentId: string }).appointmentId;
    expect(ingress.posted).toMatchObject([
      { type: 'appointment.booked', data: { appointmentId: id } },
      { type: 'appointment.rescheduled', data: { appointmentId: id, start: '2026-07-01T12:00:00+02:00' } },
      { type: 'appointment.cancelled', data: { appointmentId: id, start: '2026-07-01T12:00:00+02:00' } },
    ]);
  });

  it('the switchboard sends ten enquiries of ten people', async () => {
    expect((await post('/faults/send-ten', {})).headers.get('location')).toBe('/journeys');
    expect(new Set(ingress.posted.map(({ data }) => (data as { person: { email: string } }).person.email)).size).toBe(10);
    expect(await page('/journeys')).toContain('Customer file');
  });
});

describe('mistakes', () => {
  it('are all shown at their fields, with what was typed and the same key', async () => {
    const answer = await post('/contact', { key: '0197a0de-0000-7000-8000-000000000000', name: 'Ada <script>', email: 'ada@', message: '' });
    const body = await answer.text();
    expect(answer.status).toBe(422);
    expect(body).toContain('id="email-error">Please give a whole e-mail address');
    expect(body).toContain('id="message-error">Please fill this in.');
    expect(body).toContain('value="Ada &lt;script&gt;"');
    expect(body).toContain('value="0197a0de-0000-7000-8000-000000000000"');
    expect(ingress.posted).toEqual([]);
  });

  it.each([
    ['/newsletter', { email: 'ada@example.org' }, 'We may only write to you if you agree.'],
    ['/order', ada, 'Please choose at least one product.'],
    ['/appointment', { ...ada, date: '2026-03-29', time: '02:30', timeZone: 'Europe/Berlin' }, 'does not exist on that day'],
    ['/appointment', { ...ada, date: '2026-03-29', time: '10:00', timeZone: 'Mars/Olympus' }, 'Please choose a time zone from the list.'],
    ['/appointment', { ...ada, date: 'soon', time: '10:00', timeZone: 'Europe/Berlin' }, 'not a date'],
  ])('%s %j', async (path, fields: Record<string, string>, message) => {
    const answer = await post(path, fields);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain(message);
  });

  it('of Posthorn are not the visitor’s: nothing typed is lost', async () => {
    ingress.refuseWith(503);
    const answer = await post('/contact', { ...ada, message: 'Hello roses' });
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/Nothing you typed is lost[^]*Hello roses/);
  });

  it('a form on another website presses no button here', async () => {
    expect((await post('/faults/hubspot', { action: 'off' }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });
});

describe('the journey', () => {
  it('is shown step by step, and says when it is over', async () => {
    const sent = (await post('/contact', { ...ada, message: 'Hello' })).headers.get('location') ?? '';
    expect(await page(sent)).toContain('http-equiv="refresh"');
    expect(await page(`${sent}/steps`)).toMatch(/step-waiting[^]*Customer file/);
    const done = { connection: 'c', state: 'delivered', attempts: 1, updatedAt: new Date(90).toISOString() };
    ingress.tell([
      { service: 'crm-sync', deliveries: [{ ...done, action: 'sync-person', externalId: '10001' }] },
      { service: 'email', deliveries: [{ ...done, action: 'confirm-lead', externalId: '<a@posthorn>' }] },
      { service: 'audit', deliveries: [{ ...done, action: 'record', externalId: '7' }] },
    ]);
    const steps = await page(`${sent}/steps`);
    expect(steps).toContain('data-final');
    expect(steps).toContain('href="/crm#record-10001"');
    expect(steps).toContain('90 ms later');
    expect(await page(sent)).not.toContain('http-equiv="refresh"');
  });

  it('of an event nobody sent is 404', async () => {
    expect((await fetch(`${sandbox.url}/sent/0197a0de-0000-7000-8000-000000000001`)).status).toBe(404);
  });
});

describe('behind the scenes', () => {
  it('shows contacts, escaped', async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const body = JSON.stringify({ properties: { email: 'eve@example.org', firstname: '<img src=x onerror=alert(1)>' } });
    await fetch(`${sandbox.url}/hubspot/crm/v3/objects/contacts`, { method: 'POST', headers, body });
    expect(await page('/crm')).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  it('shows a mail in a frame of its own that may run nothing, and finds it by Message-ID', async () => {
    const transport = createTransport({ host: '127.0.0.1', port: sandbox.smtpPort });
    await transport.sendMail({ from: 'a@acme.example', to: 'b@acme.example', subject: 'Hello & <welcome>', messageId: '<x@posthorn>', html: '<p><a href="https://acme.example/?a=1&amp;b=2">Go</a><script>alert(1)</script></p>' });
    const found = await fetch(`${sandbox.url}/inbox/find?message=${encodeURIComponent('<x@posthorn>')}`);
    const mail = await found.text();
    expect(mail).toContain('Hello &amp; &lt;welcome&gt;');
    expect(mail).toContain('<a href="https://acme.example/?a=1&amp;b=2" target="_blank"');
    expect(mail).not.toContain('<script>alert');
    const frame = await fetch(`${found.url}/body`);
    expect(frame.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox allow-popups/);
  });

  it('shows the calendar of a month and finds an entry by its href', async () => {
    const href = '/caldav/calendars/acme/appointments/visit%40acme.ics';
    const authorization = `Basic ${Buffer.from(`${CALDAV_ACCOUNT.username}:${CALDAV_ACCOUNT.password}`).toString('base64')}`;
    const ics = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', 'BEGIN:VEVENT', 'UID:visit@acme', 'DTSTAMP:20261122T100000Z', 'DTSTART:20261231T233000Z', 'DTEND:20270101T003000Z', 'SUMMARY:New <year>', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
    await fetch(`${sandbox.url}${href}`, { method: 'PUT', headers: { authorization, 'content-type': 'text/calendar' }, body: ics });
    const found = await fetch(`${sandbox.url}/calendar/find?entry=${encodeURIComponent(href)}`);
    // Half past eleven at night in UTC is half past midnight in Berlin: another day, another year.
    expect(found.url).toContain('/calendar?month=2027-01');
    expect((await fetch(`${sandbox.url}/calendar/find?entry=http://%25zz`)).url).toMatch(/\/calendar$/);
    expect(await found.text()).toMatch(/00:30–01:30[^]*Friday,? 1 January 2027[^]*New &lt;year&gt;/);
  });

  it('switches a provider off and back with one press', async () => {
    await post('/faults/smtp', { action: 'off' });
    expect(await page('/faults/smtp/state')).toContain('switched off');
    await post('/faults/smtp', { action: 'on' });
    expect(await page('/faults/smtp/state')).toContain('working');
  });
});

it('every page has a strict policy, no inline script or style, and loads nothing from elsewhere', async () => {
  for (const path of ['/', '/contact', '/newsletter', '/appointment', '/order', '/crm', '/inbox', '/calendar', '/faults', '/journeys']) {
    const answer = await fetch(`${sandbox.url}${path}`);
    const body = await answer.text();
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(body).not.toMatch(/<style|\sstyle="|\son\w+="|<script(?! src="\/)|(src|href)="(https?:)?\/\//);
    for (const [, asset = ''] of body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      expect((await fetch(`${sandbox.url}${asset}`)).status).toBe(200);
    }
  }
});
