import { readdirSync, readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument, createEvent, createOutcome, envelopeJsonSchema, EVENT_TYPES, EXAMPLES, generatedDocuments, jsonSchemaOf, outcomeJsonSchema, PERSONAL_KEYWORD, type JsonSchema } from '../index.js';

const folder = new URL('../../generated/', import.meta.url);

function validatorOf(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, keywords: [PERSONAL_KEYWORD] });
  formats.default(ajv);
  return ajv.compile(schema);
}

describe('the generated documents', () => {
  it('are those in generated/; if not: npm run generate -w libs/contracts', () => {
    const stored = new Map(readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]));
    expect(stored).toEqual(new Map(generatedDocuments()));
  });
});

describe('JSON Schema', () => {
  it.each(EVENT_TYPES)('of %s accepts the example and refuses one more field', (type) => {
    const validate = validatorOf(jsonSchemaOf(type));
    expect(validate(EXAMPLES[type]), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...EXAMPLES[type], extra: 1 })).toBe(false);
    expect(validate({})).toBe(false);
  });

  it('refuses what the contract refuses, as far as the language can say it', () => {
    const validate = validatorOf(jsonSchemaOf('appointment.booked'));
    const booking = EXAMPLES['appointment.booked'];
    for (const wrong of [{ start: '2026-03-30T10:00:00' }, { title: 'two\nlines' }, { person: { email: 'nobody' } }, { appointmentId: '' }]) {
      expect(validate({ ...booking, ...wrong }), JSON.stringify(wrong)).toBe(false);
    }
  });

  it('of the envelope and of outcomes accepts what createEvent and createOutcome make', () => {
    const envelope = validatorOf(envelopeJsonSchema());
    const event = createEvent({ site: 'acme', type: 'order.paid', data: EXAMPLES['order.paid'] });
    const outcome = createOutcome({
      site: 'acme',
      type: 'crm.order.recorded',
      data: { service: 'crm-sync', connection: 'acme-hubspot', state: 'delivered', event: { id: event.id, type: event.type } },
    });
    expect(envelope(event), JSON.stringify(envelope.errors)).toBe(true);
    expect(envelope(JSON.parse(JSON.stringify(outcome)))).toBe(true);
    expect(envelope({ ...event, specversion: '0.3' })).toBe(false);
    expect(envelope({ ...event, id: event.id.toUpperCase() })).toBe(false);
    expect(validatorOf(outcomeJsonSchema())(outcome.data)).toBe(true);
  });
});

describe('the AsyncAPI document', () => {
  // Parsing AsyncAPI takes seconds, and more beside other work.
  it('is valid AsyncAPI 3, and its examples are valid messages', { timeout: 60_000 }, async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument()));
    const faults = diagnostics.filter(({ severity }) => [0, 1].includes(severity)).map(({ path, message }) => `${path.join('.')}: ${message}`);
    expect(faults).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
  });

  it('has a channel for every event, and marks personal fields', () => {
    const text = JSON.stringify(asyncApiDocument());
    for (const type of EVENT_TYPES) expect(text).toContain(`"events.{site}.${type}"`);
    expect(text).toContain(`"${PERSONAL_KEYWORD}":true`);
  });
});
