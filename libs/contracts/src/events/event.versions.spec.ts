import { describe, expect, it } from 'vitest';
import { createEvent, dataschemaOf, eraseEvent, EVENT_TYPES, EXAMPLES, parseEvent, parseSubmitted, personalPointers, takenVersions, upgradeEvent, versionOf } from '../index.js';

const FIRST = 'https://posthorn.dev/schemas/newsletter.subscribed/1';
const CURRENT = dataschemaOf('newsletter.subscribed');
const consent = { purposes: ['newsletter'], wordingVersion: '7', time: '2026-05-01T10:00:00Z' };
const data = { person: { email: 'jane@example.com' }, list: 'weekly', consent };
const event = createEvent({ site: 'acme', type: 'newsletter.subscribed', data: EXAMPLES['newsletter.subscribed'] });
const old = { ...event, dataschema: FIRST, data };

describe('a type with a version before', () => {
  it('is taken in that version, and comes out as of the current one', () => {
    expect(parseEvent(old)).toEqual({ ...event, dataschema: CURRENT, data: { ...data, consent: { ...consent, way: 'unstated' } } });
    expect(parseEvent({ ...old, data: { ...data, consent: undefined } }).data).toEqual({ person: data.person, list: 'weekly' });
    expect(parseEvent({ ...old, type: 'newsletter.confirmed', dataschema: FIRST.replace('subscribed', 'confirmed') })).toMatchObject({ data: { consent: { way: 'double-opt-in' } } });
  });

  it('is judged by the version that it states, and by no other', () => {
    expect(() => parseEvent({ ...old, dataschema: CURRENT })).toThrow('/data/consent/way is required');
    expect(() => parseEvent({ ...old, data: event.data })).toThrow('/data/consent/way is not a field');
    expect(() => parseEvent({ ...old, dataschema: FIRST.replace(/1$/, '9') })).toThrow();
    expect(() => parseEvent({ ...event, dataschema: FIRST.replace(/1$/, '9') })).toThrow(`must be ${CURRENT} or ${FIRST}`);
    expect(() => parseEvent({ ...event, dataschema: FIRST.replace('subscribed', 'confirmed') })).toThrow('/dataschema');
  });

  it('is upgraded where it was kept, unless it is erased or current', () => {
    expect(upgradeEvent(old)).toEqual(parseEvent(old));
    expect(upgradeEvent(event)).toBe(event);
    const erased = eraseEvent(old);
    expect(upgradeEvent(erased)).toBe(erased);
  });
});

describe('a submission that does not say its version', () => {
  const unstated = { ...old, dataschema: undefined };

  it('is of the current version where it can be, and of the one before where it is only that', () => {
    expect(parseSubmitted({ ...unstated, data: event.data })).toEqual(event);
    expect(parseSubmitted(unstated)).toEqual(parseEvent(old));
  });

  it('is told what the current version wants where it is neither', () => {
    expect(() => parseSubmitted({ ...unstated, data: { ...data, list: '' } })).toThrow('/data/list must have at least 1 characters; /data/consent/way is required');
    expect(() => parseSubmitted({ ...unstated, type: 'nobody.knows' })).toThrow('/type is not a known event type');
  });
});

it.each(EVENT_TYPES)('%s loses no personal value, in whichever version it is kept', (type) => {
  for (const { dataschema } of takenVersions(type)) {
    const kept = { ...createEvent({ site: 'acme', type, data: EXAMPLES[type] }), dataschema };
    expect(JSON.stringify(eraseEvent(kept).data)).not.toMatch(/jane|roe/i);
  }
  expect(new Set(personalPointers(type)).size).toBe(personalPointers(type).length);
  expect(takenVersions(type)[0]).toMatchObject({ version: versionOf(type), dataschema: dataschemaOf(type) });
});

it('of a version that nobody knows any more, nothing is left when it is erased', () => {
  expect(eraseEvent({ ...event, dataschema: FIRST.replace(/1$/, '0') }).data).toEqual({});
});
