import { type EventType, type PosthornEvent } from '@posthorn/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectionSchema } from './connection.config.js';
import { ConnectionRegistry } from './connection.registry.js';
import { Delivers, type DeliversOptions } from './delivers.decorator.js';
import { type AnyHandler, HandlerRegistry } from './handler.registry.js';
import { type ProviderDefinition } from './provider.definition.js';

const handlerOf = (options: DeliversOptions | undefined, extra: object = {}): AnyHandler => {
  class Handler {
    orderingKey = (event: PosthornEvent): string => event.id;
    deliver = (): Promise<never> => Promise.reject(new Error('not called'));
  }
  if (options !== undefined) Delivers(options)(Handler);
  return Object.assign(new Handler(), extra);
};

const hubspot: ProviderDefinition<string, { baseUrl: string }> = { name: 'hubspot', options: z.strictObject({ baseUrl: z.url() }), create: ({ baseUrl }) => baseUrl };
const smtp: ProviderDefinition<string, { port: number }> = { name: 'smtp', options: z.object({ port: z.int() }), create: ({ port }) => String(port) };

describe('HandlerRegistry', () => {
  it('finds the handlers of a type', () => {
    const registry = new HandlerRegistry([
      handlerOf({ types: ['lead.submitted', 'order.paid'], action: 'sync' }),
      handlerOf({ types: 'lead.submitted', action: 'notify' }),
    ]);
    expect(registry.of('lead.submitted').map(({ action }) => action)).toEqual(['sync', 'notify']);
    expect(registry.of('customer.updated')).toEqual([]);
  });

  it.each([
    ['no handlers', []],
    ['a handler without @Delivers', [handlerOf(undefined)]],
    ['a handler without types', [handlerOf({ types: [], action: 'a' })]],
    ['a type the catalogue does not have', [handlerOf({ types: 'lead.sent' as EventType, action: 'a' })]],
    ['two handlers of one (type, action)', [handlerOf({ types: 'lead.submitted', action: 'a' }), handlerOf({ types: ['lead.submitted'], action: 'a' })]],
    ['unknown: ask without find()', [handlerOf({ types: 'lead.submitted', action: 'a', unknown: 'ask' })]],
  ])('does not start with %s', (_what, handlers) => {
    expect(() => new HandlerRegistry(handlers)).toThrow(expect.objectContaining({ code: 'DELIVERY_SETUP_INVALID' }));
  });
});

describe('connectionSchema', () => {
  const schema = connectionSchema([hubspot, smtp]);
  const pathsOf = (value: unknown): string[] => (schema.safeParse(value).error?.issues ?? []).map(({ path, code }) => `${path.join('.')} ${code}`);

  it('sets the options of the provider apart', () => {
    const parsed = schema.parse([{ id: 'acme-crm', site: 'acme', provider: 'hubspot', guard: { concurrency: 2 }, baseUrl: 'https://api.example.org' }]);
    expect(parsed[0]).toMatchObject({ id: 'acme-crm', guard: { concurrency: 2, deadlineMs: 10_000 }, options: { baseUrl: 'https://api.example.org' } });
  });

  it('reports every mistake at its path, the provider\'s own too', () => {
    const mistakes = pathsOf([
      { id: 'A!', site: 'acme', provider: 'nobody' },
      { id: 'a', site: 'acme', provider: 'hubspot', baseUrl: 'no url' },
      { id: 'b', site: 'acme', provider: 'smtp', port: 'x', host: 'unknown key' },
      { id: 'c', site: 'acme', provider: 'smtp', port: 25, guard: { concurency: 2 } },
    ]);
    expect(mistakes).toEqual(['0.id invalid_format', '0.provider invalid_value', '1.baseUrl invalid_format', '2.port invalid_type', '2 unrecognized_keys', '3.guard unrecognized_keys']);
  });

  it('refuses the same id twice', () => {
    const one = { id: 'a', site: 'acme', provider: 'smtp', port: 25 };
    expect(pathsOf([one, { ...one, site: 'other' }])).toEqual(['1.id custom']);
  });
});

describe('ConnectionRegistry', () => {
  it('gives every connection a provider and a guard of its own', () => {
    const registry = new ConnectionRegistry(
      [
        { id: 'a', site: 'acme', provider: 'smtp', options: { port: 1 } },
        { id: 'b', site: 'acme', provider: 'smtp', options: { port: 2 }, retry: { firstDelayMs: 1 } },
      ],
      [smtp],
      { firstDelayMs: 7 },
    );
    const [a, b] = registry.ofSite('acme');
    expect([a?.provider, b?.provider]).toEqual(['1', '2']);
    expect(a?.guard).not.toBe(b?.guard);
    expect([a?.retry.firstDelayMs, b?.retry.firstDelayMs]).toEqual([7, 1]);
  });

  it('does not start with a provider it does not have', () => {
    expect(() => new ConnectionRegistry([{ id: 'a', site: 'acme', provider: 'hubspot', options: {} }], [smtp])).toThrow(/this service has: smtp/);
  });
});
