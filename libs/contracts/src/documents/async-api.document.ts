import { z } from 'zod';
import { envelope } from '../envelope/envelope.schema.js';
import { DELIVERIES_OF_EVENT } from '../envelope/subject.js';
import { EVENT_TYPES, EVENTS, type EventType } from '../events/event.catalogue.js';
import { dataschemaOf } from '../events/event.versions.js';
import { EXAMPLES } from '../examples/event.examples.js';
import { CIRCUIT_OUTCOMES, DELIVERY_OUTCOMES, OUTCOMES } from '../outcomes/outcome.catalogue.js';
import { outcomeData } from '../outcomes/outcome.js';
import { deliveriesAnswer, deliveriesQuestion } from '../questions/deliveries.question.js';

type Json = Record<string, unknown>;

/** The wire between the services as an AsyncAPI 3.0 document, from the view of a service that joins them. */
export function asyncApiDocument(): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Posthorn',
      version: '1.0.0',
      description:
        'What happens on websites, and what the services made of it. Messages are CloudEvents 1.0 in structured JSON. ' +
        'Fields with x-personal hold personal data.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: { ...eventChannels(), ...outcomeChannels(), ...questionChannels() },
    operations: { ...eventOperations(), ...outcomeOperations(), ...questionOperations() },
    components: { schemas: schemas(), messages: messages() },
  };
}

const siteParameter = { site: { description: 'The id of the website the event comes from.' } };
const serviceParameter = { service: { description: 'The service that says it.' } };

function eventChannels(): Json {
  return Object.fromEntries(
    EVENT_TYPES.map((type): [string, Json] => [
      nameOf(type),
      { address: `events.{site}.${type}`, messages: { [nameOf(type)]: reference('messages', nameOf(type)) }, parameters: siteParameter },
    ]),
  );
}

function outcomeChannels(): Json {
  const business = Object.entries(OUTCOMES).map(([type, { service, summary }]): [string, Json] => [
    nameOf(type),
    { address: `outcomes.${service}.${type}`, description: summary, messages: { outcome: reference('messages', 'outcome') } },
  ]);
  const general = [...DELIVERY_OUTCOMES.map((state) => `delivery.${state}`), ...CIRCUIT_OUTCOMES.map((state) => `circuit.${state}`), 'credentials.rejected'].map(
    (type): [string, Json] => [
      nameOf(type),
      { address: `outcomes.{service}.{service}.${type}`, messages: { outcome: reference('messages', 'outcome') }, parameters: serviceParameter },
    ],
  );
  return Object.fromEntries([...business, ...general]);
}

function questionChannels(): Json {
  return {
    deliveriesOfEvent: {
      address: DELIVERIES_OF_EVENT,
      description: 'Asked by ingress over core NATS; every service answers with what became of the event there.',
      messages: { question: reference('messages', 'deliveriesQuestion') },
    },
    deliveriesOfEventAnswer: {
      address: null,
      description: 'The inbox that the question names.',
      messages: { answer: reference('messages', 'deliveriesAnswer') },
    },
  };
}

function eventOperations(): Json {
  return Object.fromEntries(EVENT_TYPES.map((type) => [`take-${type}`, { action: 'receive', channel: reference('channels', nameOf(type)) }]));
}

function outcomeOperations(): Json {
  return Object.fromEntries(Object.keys(outcomeChannels()).map((channel) => [`tell-${channel}`, { action: 'send', channel: reference('channels', channel) }]));
}

function questionOperations(): Json {
  return {
    answerDeliveries: {
      action: 'receive',
      channel: reference('channels', 'deliveriesOfEvent'),
      reply: { address: { location: '$message.header#/reply' }, channel: reference('channels', 'deliveriesOfEventAnswer') },
    },
  };
}

function messages(): Json {
  const events = EVENT_TYPES.map((type): [string, Json] => [
    nameOf(type),
    { name: type, payload: { allOf: [reference('schemas', 'envelope'), typed(type)] }, examples: [{ name: type, payload: exampleOf(type) }] },
  ]);
  return {
    ...Object.fromEntries(events),
    outcome: { name: 'outcome', payload: { allOf: [reference('schemas', 'envelope'), { type: 'object', properties: { data: reference('schemas', 'outcome') } }] } },
    // Nest's packet around both is left out: it belongs to the transport, and @posthorn/messaging speaks it.
    deliveriesQuestion: { name: 'deliveriesQuestion', contentType: 'application/json', payload: reference('schemas', 'deliveriesQuestion') },
    deliveriesAnswer: { name: 'deliveriesAnswer', contentType: 'application/json', payload: reference('schemas', 'deliveriesAnswer') },
  };
}

function typed(type: EventType): Json {
  return { type: 'object', properties: { type: { const: type }, data: reference('schemas', nameOf(type)) }, required: ['type', 'data'] };
}

function schemas(): Json {
  return {
    envelope: schemaOf(envelope),
    ...Object.fromEntries(EVENT_TYPES.map((type) => [nameOf(type), schemaOf(EVENTS[type])])),
    outcome: schemaOf(outcomeData),
    deliveriesQuestion: schemaOf(deliveriesQuestion),
    deliveriesAnswer: schemaOf(deliveriesAnswer),
  };
}

// AsyncAPI's own schema dialect is a superset of draft 7.
function schemaOf(schema: z.ZodType): Json {
  const body: Json = { ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) };
  delete body['$schema'];
  return body;
}

// Fixed id and times: a generated document must be the same on every run.
function exampleOf(type: EventType): Json {
  const id = '019cade8-8b17-7a52-9d1f-3f1c6a0e7b42';
  return {
    specversion: '1.0',
    id,
    source: '/sites/acme',
    type,
    time: '2026-03-02T09:14:07.319Z',
    datacontenttype: 'application/json',
    dataschema: dataschemaOf(type),
    site: 'acme',
    correlationid: id,
    data: EXAMPLES[type],
  };
}

const reference = (kind: 'channels' | 'messages' | 'schemas', name: string): Json => ({ $ref: kind === 'channels' ? `#/channels/${name}` : `#/components/${kind}/${name}` });

/** `lead.submitted` → `leadSubmitted`: dots are not allowed in the names of components. */
const nameOf = (type: string): string => type.replace(/[.-]([a-z])/g, (_dot, letter: string) => letter.toUpperCase());
