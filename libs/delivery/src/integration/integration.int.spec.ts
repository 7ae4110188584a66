import { type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DELIVERIES_OF_EVENT, EVENTS_STREAM, LEDGER_PUBLISHERS, MAPPING_PREVIEW, previewAnswer } from '@posthorn/contracts';
import { Inquiry, NatsConnectionProvider } from '@posthorn/messaging';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { LeadHandler, leadOf, ScriptedProvider } from '../engine.test-kit.js';
import { type ProviderDefinition } from '../provider.definition.js';
import { IntegrationModule } from './integration.module.js';
import { IMPATIENT, type RunningIntegration, startIntegration } from './integration.test-kit.js';

const SERVICE = 'crm-sync';
const provider = new ScriptedProvider();
const PROVIDERS: ProviderDefinition<ScriptedProvider>[] = [{ name: 'scripted', options: z.unknown(), create: () => provider }];

let service: RunningIntegration;

beforeAll(async () => {
  const connections = [{ id: 'acme-crm', site: 'acme', provider: 'scripted', options: {}, ...IMPATIENT }];
  service = await startIntegration({
    service: SERVICE,
    schema: 'crm',
    create: (surroundings) => {
      const module = IntegrationModule.forRoot({ service: SERVICE, schema: 'crm', config: { ...surroundings, section: { connections } }, providers: PROVIDERS, handlers: [LeadHandler] });
      const options: Partial<NestApplicationOptions> = { logger: false };
      return NestFactory.create(module, new FastifyAdapter(), options);
    },
  });
});

it('delivers what it hears of, and says so', async () => {
  const event = leadOf('ada@example.org');
  await service.publish(event, event);
  await service.settled('delivered', [event]);
  expect(provider.callsOf(event.id)).toHaveLength(1);
  expect(await service.outcomesOf(event)).toMatchObject([{ type: 'crm.contact.synced' }]);
});

it('answers what became of an event, and subscribers to its outcomes', async () => {
  const event = leadOf('grace@example.org');
  await service.publish(event);
  await service.settled('delivered', [event]);
  const inquiry = service.app.get(Inquiry);
  expect(await inquiry.askMany(DELIVERIES_OF_EVENT, { eventId: event.id })).toMatchObject([{ service: SERVICE, deliveries: [{ state: 'delivered' }] }]);
  expect(await inquiry.askMany(LEDGER_PUBLISHERS, {})).toEqual([{ publisher: SERVICE }]);
});

it('says what it would do about an event that does not exist, and does nothing', async () => {
  const [asked, skipped] = [leadOf('ada@example.org'), leadOf('bob@example.org', 'skip me')];
  const elsewhere = { ...leadOf('eve@example.org'), site: 'other' };
  const before = provider.calls.length;
  const answer = await service.app.get(Inquiry).ask(MAPPING_PREVIEW, { events: [asked, skipped, elsewhere, { id: 'no event' }], mapped: true });
  const head = { connection: 'acme-crm', provider: 'scripted', action: expect.any(String) as string };
  expect(answer).toEqual({
    service: SERVICE,
    receivers: [
      { eventId: asked.id, ...head, mapped: [{ does: 'call', with: expect.objectContaining({ eventId: asked.id, connection: 'acme-crm' }) as object }] },
      { eventId: skipped.id, ...head, skipped: 'the test says so' },
    ],
  });
  const brief = previewAnswer.parse(await service.app.get(Inquiry).ask(MAPPING_PREVIEW, { events: [asked], mapped: false }));
  expect(brief.receivers).toEqual([{ eventId: asked.id, ...head }]);
  expect(provider.calls).toHaveLength(before);
  expect(await service.deliveriesOf(asked, skipped)).toEqual([]);
});

it('makes its consumer again when NATS has lost it, and goes on', async () => {
  const connection = await service.app.get(NatsConnectionProvider).whenConnected();
  const reply = await connection.request(`$JS.API.CONSUMER.DELETE.${EVENTS_STREAM}.${SERVICE}`);
  expect(reply.json()).toMatchObject({ success: true });
  const event = leadOf('alan@example.org');
  await service.publish(event);
  await service.settled('delivered', [event]);
});
