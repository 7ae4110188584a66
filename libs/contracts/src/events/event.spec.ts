import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContractError, createEvent, EVENT_TYPES, EXAMPLES, newId, parseData, parseEvent, type ContractIssue, type EventType } from '../index.js';

function issuesOf(work: () => unknown): readonly ContractIssue[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ContractError) return error.issues;
    throw error;
  }
  return [];
}

const pointersOf = (type: EventType, data: unknown): string[] => issuesOf(() => parseData(type, data)).map(({ pointer, rule }) => `${pointer} ${rule}`);

const lead = EXAMPLES['lead.submitted'];
const booking = EXAMPLES['appointment.booked'];
const order = EXAMPLES['order.paid'];
const form = EXAMPLES['form.submitted'];

describe('createEvent', () => {
  it('fills the envelope of CloudEvents 1.0 and Posthorn', () => {
    const event = createEvent({ site: 'acme', type: 'lead.submitted', data: lead });
    expect(event).toEqual({
      specversion: '1.0',
      id: event.id,
      source: '/sites/acme',
      type: 'lead.submitted',
      time: event.time,
      datacontenttype: 'application/json',
      dataschema: 'https://posthorn.dev/schemas/lead.submitted/1',
      site: 'acme',
      correlationid: event.id,
      data: lead,
    });
  });

  it('keeps what the caller knows about time, cause and trace', () => {
    const known = {
      source: 'https://shop.example.com/checkout',
      subject: '2026-00317',
      time: '2026-03-02T10:14:07+01:00',
      correlationid: 'visit-7',
      causationid: newId(),
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    };
    expect(createEvent({ site: 'acme', type: 'order.paid', data: order, ...known })).toMatchObject(known);
  });

  it('refuses what it could not parse again', () => {
    const issues = issuesOf(() => createEvent({ site: 'Not A Site', type: 'lead.submitted', data: { person: { email: 'nobody' } } }));
    expect(issues.map(({ pointer }) => pointer)).toEqual(['/source', '/site', '/data/person/email']);
  });
});

describe('parseEvent', () => {
  it.each(EVENT_TYPES)('reads the example of %s back unchanged, also over the wire', (type) => {
    const event = createEvent({ site: 'acme', type, data: EXAMPLES[type] });
    expect(parseEvent(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });

  it('drops attributes of later versions instead of failing on them', () => {
    const event = createEvent({ site: 'acme', type: 'lead.submitted', data: lead });
    expect(parseEvent({ ...event, sampledrate: 3 })).toEqual(event);
  });

  it('refuses a version of the data that it does not understand', () => {
    const event = { ...createEvent({ site: 'acme', type: 'lead.submitted', data: lead }), dataschema: 'https://posthorn.dev/schemas/lead.submitted/2' };
    expect(issuesOf(() => parseEvent(event))).toMatchObject([{ pointer: '/dataschema', rule: 'schema_version' }]);
  });

  it('names the known types when the type is unknown, and inherited names are not types', () => {
    const event = createEvent({ site: 'acme', type: 'lead.submitted', data: lead });
    expect(issuesOf(() => parseEvent({ ...event, type: 'lead.lost' }))[0]?.message).toContain('order.paid');
    expect(issuesOf(() => parseEvent({ ...event, type: 'constructor' }))).not.toEqual([]);
  });

  it('throws a ContractError and nothing else, whatever it is given', () => {
    const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true });
    const nearly = fc.tuple(fc.constantFrom(...EVENT_TYPES), anything).map(([type, data]) => ({ type, data }));
    fc.assert(
      fc.property(fc.oneof(anything, nearly), (value) => {
        expect(issuesOf(() => parseEvent(value)).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('the data of an event', () => {
  it('reports every mistake with its pointer, rule and a plain message, and no value', () => {
    const issues = issuesOf(() => parseData('lead.submitted', { person: { email: 'secret@', name: 7, age: 41 }, form: '', 'a/b~c': 1 }));
    expect(issues).toEqual([
      { pointer: '/person/email', rule: 'email', message: 'must be an e-mail address' },
      { pointer: '/person/name', rule: 'type', message: 'must be a string' },
      { pointer: '/person/age', rule: 'unknown_field', message: 'is not a field of this type' },
      { pointer: '/form', rule: 'too_small', message: 'must have at least 1 characters' },
      { pointer: '/a~1b~0c', rule: 'unknown_field', message: 'is not a field of this type' },
    ]);
    expect(JSON.stringify(issues)).not.toContain('secret');
  });

  it.each<[string, EventType, unknown, string[]]>([
    ['null', 'lead.submitted', null, [' type']],
    ['a list', 'lead.submitted', [], [' type']],
    ['nothing', 'lead.submitted', undefined, [' required']],
    ['no person', 'lead.submitted', {}, ['/person required']],
    ['a line break in a name', 'lead.submitted', { person: { ...lead.person, name: 'Jane\r\nBcc: x@y.zz' } }, ['/person/name pattern']],
    ['NUL in a message', 'lead.submitted', { ...lead, message: 'a\u0000b' }, ['/message pattern']],
    ['a lone surrogate', 'lead.submitted', { ...lead, message: 'a\ud800b' }, ['/message pattern']],
    ['a message that is too long', 'lead.submitted', { ...lead, message: 'x'.repeat(20_001) }, ['/message too_big']],
    ['consent without its wording', 'newsletter.subscribed', { ...EXAMPLES['newsletter.subscribed'], consent: { purposes: [], time: 'now', way: 'By Phone' } }, ['/consent/wordingVersion required', '/consent/time datetime', '/consent/way pattern']],
    ['a time without an offset', 'appointment.booked', { ...booking, start: '2026-03-30T10:00:00' }, ['/start datetime']],
    ['a day that does not exist', 'appointment.booked', { ...booking, end: '2026-02-30T10:00:00Z' }, ['/end datetime']],
    ['a year that is 10000 on another clock', 'appointment.booked', { ...booking, end: '9999-12-31T23:59:59Z' }, ['/end year']],
    ['a year that no calendar holds', 'appointment.booked', { ...booking, start: '0000-01-01T00:00:00Z' }, ['/start year']],
    ['an end before the start', 'appointment.booked', { ...booking, end: '2026-03-30T09:59:59+02:00' }, ['/end after_start']],
    ['an invented time zone', 'appointment.booked', { ...booking, timeZone: 'Europe/Atlantis' }, ['/timeZone time_zone']],
    ['an offset for a time zone', 'appointment.booked', { ...booking, timeZone: '+01:00' }, ['/timeZone pattern']],
    ['a number for an amount', 'order.paid', { ...order, total: { amount: 59.8, currency: 'EUR' } }, ['/total/amount type']],
    ['a comma in an amount', 'order.paid', { ...order, total: { amount: '59,80', currency: 'EUR' } }, ['/total/amount pattern']],
    ['an invented currency', 'order.paid', { ...order, total: { amount: '1', currency: 'XYZ' } }, ['/total/currency currency']],
    ['no lines', 'order.paid', { ...order, lines: [] }, ['/lines too_small']],
    ['a quantity of nothing', 'order.paid', { ...order, lines: [{ name: 'Mug', quantity: 0, price: '1' }] }, ['/lines/0/quantity too_small']],
    ['a nested form field', 'form.submitted', { ...form, fields: { a: { b: 1 } } }, ['/fields/a type']],
    ['a form field without a name', 'form.submitted', { ...form, fields: { '': 1 } }, ['/fields/ key']],
  ])('refuses %s', (_what, type, data, expected) => {
    expect(pointersOf(type, data)).toEqual(expected);
  });

  it('accepts empty optional texts, which is what an unfilled form field sends', () => {
    expect(pointersOf('lead.submitted', { person: { email: 'a@example.com', name: '', phone: '' }, message: '' })).toEqual([]);
  });

  it('accepts an appointment across the change to summer time', () => {
    expect(pointersOf('appointment.booked', { ...booking, start: '2026-03-29T01:30:00+01:00', end: '2026-03-29T03:15:00+02:00' })).toEqual([]);
  });
});
