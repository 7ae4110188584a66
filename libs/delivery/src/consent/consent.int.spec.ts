import { createEvent, type PosthornEvent } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { connectionSchema } from '../connection.config.js';
import { type Engine, startEngine, useDeliveryDatabase } from '../engine.test-kit.js';

const consent = (...purposes: string[]) => ({ purposes, wordingVersion: '3', time: '2026-05-01T10:00:00Z', way: 'form' });
const lead = (...purposes: string[]): PosthornEvent =>
  createEvent({ site: 'acme', type: 'lead.submitted', data: { person: { email: 'jane@example.org' }, ...(purposes.length > 0 && { consent: consent(...purposes) }) } });

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine(await useDeliveryDatabase(), {
    connections: [{ id: 'everybody' }, { id: 'agreed', purposes: ['offers'] }, { id: 'by-type', purposes: { 'lead.submitted': ['offers', 'profiles'], 'order.paid': ['x'] } }],
  });
});
afterAll(() => engine.stop());

async function become(event: PosthornEvent): Promise<Record<string, string>> {
  await engine.intake.take([event]);
  return settled(event);
}

async function settled(event: PosthornEvent): Promise<Record<string, string>> {
  let states: Record<string, string> = {};
  await waitFor(
    async () => {
      const deliveries = await engine.deliveries.ofEvent(event.id);
      states = Object.fromEntries(deliveries.map(({ connection, state }) => [connection, state]));
      return deliveries.length === 3 && deliveries.every(({ state }) => state === 'delivered' || state === 'skipped');
    },
    { describe: () => `an end of every delivery; they are ${JSON.stringify(states)}` },
  );
  return states;
}

it('a connection is told of those who agreed to all that it asks for, and of nobody else', async () => {
  expect(await become(lead('offers'))).toEqual({ everybody: 'delivered', agreed: 'delivered', 'by-type': 'skipped' });
  expect(await become(lead('profiles', 'offers'))).toEqual({ everybody: 'delivered', agreed: 'delivered', 'by-type': 'delivered' });
  const silent = lead();
  expect(await become(silent)).toEqual({ everybody: 'delivered', agreed: 'skipped', 'by-type': 'skipped' });
  expect(engine.provider('agreed').callsOf(silent.id)).toEqual([]);
});

it('the reason is on record, with the purposes and without the person', async () => {
  const event = lead('contact');
  await become(event);
  const skipped = (await engine.deliveries.ofEvent(event.id)).find(({ connection }) => connection === 'by-type');
  expect(skipped?.error).toMatchObject({ code: 'CONSENT', message: 'The person\'s consent does not include "offers", "profiles".' });
  expect(await engine.outcomes(event.id)).toContain('crm-sync.delivery.skipped');
});

it('nobody can send it again past the consent', async () => {
  const event = lead('contact');
  await become(event);
  const { id } = (await engine.deliveries.ofEvent(event.id)).find(({ connection }) => connection === 'agreed')!;
  const before = (await engine.outcomes(event.id)).length;
  await engine.deliveries.redeliver(id);
  await waitFor(async () => (await engine.outcomes(event.id)).length > before, { describe: 'another outcome' });
  expect((await settled(event))['agreed']).toBe('skipped');
  expect(engine.provider('agreed').callsOf(event.id)).toEqual([]);
});

it('purposes are named for all types or by type, and never for one that takes something back', () => {
  const schema = connectionSchema([{ name: 'scripted', options: z.strictObject({}), create: () => undefined }]);
  const connection = (purposes: unknown) => [{ id: 'a', site: 'acme', provider: 'scripted', purposes }];
  expect(schema.parse(connection(['offers']))).toMatchObject([{ purposes: ['offers'] }]);
  for (const wrong of [[], { 'newsletter.unsubscribed': ['offers'] }, { 'lead.submited': ['offers'] }, 'offers']) expect(schema.safeParse(connection(wrong)).success).toBe(false);
});
