import { type INestApplication, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthRegistry } from '@posthorn/observability';
import { createMortalPostgres, type Death, type MortalPostgres, type TestDatabase, type TestNats, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { LeadHandler, ScriptedProvider } from '../engine.test-kit.js';
import { connectIntegration, IntegrationModule } from './integration.module.js';
import { provisionIntegration } from './integration.provisioning.js';

const SERVICE = 'crm-sync';
const SCHEMA = 'crm';
/** The probe, what TypeORM asks, the first look of everything that looks, and then the second of some. */
const ANSWERS_OF_A_BOOT = 20;

let database: TestDatabase;
let nats: TestNats;
const uncaught: unknown[] = [];
const note = (error: unknown): number => uncaught.push(error);

beforeAll(async () => {
  [database, nats] = await Promise.all([useDatabase(), useNats()]);
  await provisionIntegration({ service: SERVICE, schema: SCHEMA, adminDatabase: { url: database.adminUrl }, nats: { servers: nats.servers } });
  process.on('uncaughtException', note).on('unhandledRejection', note);
});
afterAll(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

async function boot(postgres: MortalPostgres): Promise<INestApplication> {
  const provider = { name: 'scripted', options: z.unknown(), create: () => new ScriptedProvider() };
  const surroundings = { database: { url: postgres.url }, nats: { servers: nats.servers }, logLevel: 'silent' };
  const config = { ...surroundings, section: { connections: [{ id: 'acme-crm', site: 'acme', provider: 'scripted', options: {} }] } };
  const module = IntegrationModule.forRoot({ service: SERVICE, schema: SCHEMA, config, providers: [provider], handlers: [LeadHandler] });
  const options: Partial<NestApplicationOptions> = { logger: false };
  const app = await NestFactory.create(module, new FastifyAdapter(), options);
  connectIntegration(app, SERVICE);
  await app.init();
  await app.startAllMicroservices();
  return app;
}

/** Side by side, since most of it is waiting. */
it.each<Death>(['silent', 'farewell'])('starts although Postgres dies at any answer of the boot (%s), and is ready when it is back', async (death) => {
  await Promise.all(Array.from({ length: ANSWERS_OF_A_BOOT }, (_, index) => survives(index + 1, death)));
  expect(uncaught).toEqual([]);
});

async function survives(answer: number, death: Death): Promise<void> {
  const postgres = await createMortalPostgres(database.urlFor(SCHEMA));
  postgres.dieAt(answer, death);
  const app = await boot(postgres);
  const isReady = async (): Promise<boolean> => (await app.get(HealthRegistry).report()).ready;
  await waitFor(() => postgres.dead, { describe: `the end of Postgres at answer ${answer}` });
  expect(await isReady()).toBe(false);
  postgres.revive();
  await waitFor(isReady, { describe: `a service that is ready after the end of Postgres at answer ${answer}` });
  await app.close();
  await postgres.close();
}
