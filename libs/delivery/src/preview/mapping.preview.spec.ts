import 'reflect-metadata';
import { PermanentError } from '@posthorn/resilience';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConnectionRegistry } from '../connection.registry.js';
import { Delivers } from '../delivers.decorator.js';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult } from '../delivery.handler.js';
import { leadOf } from '../engine.test-kit.js';
import { HandlerRegistry } from '../handler.registry.js';
import { MappingPreview } from './mapping.preview.js';

interface Port {
  find(name: string): Promise<{ id?: string }>;
  put(record: object): Promise<{ externalId: string }>;
}

const kept: boolean[] = [];

@Delivers({ types: 'lead.submitted', action: 'put' })
class PutHandler implements DeliveryHandler<'lead.submitted', Port> {
  orderingKey = (): string => 'one';

  async deliver(event: Parameters<DeliveryHandler<'lead.submitted', Port>['deliver']>[0], { provider, rehearsal }: DeliveryCall<Port>): Promise<DeliveryResult> {
    const { message } = event.data;
    if (message === 'unknown site') throw new PermanentError('SITE_UNKNOWN', 'No site is configured', { remedy: 'Describe it.' });
    if (message === 'broken') throw new TypeError(`cannot read ${event.data.person.email}`);
    if (rehearsal !== true) kept.push(true);
    const { id = 'new' } = await provider.find('lead');
    await provider.put({ id, at: new Date(0), email: event.data.person.email, message, link: `https://x.example/${'a'.repeat(75)}`, long: 'x '.repeat(3_000) });
    return { outcome: 'crm.contact.synced' };
  }
}

function previewWith(purposes?: string[]): MappingPreview {
  const create = (): never => ({}) as never;
  const connections = new ConnectionRegistry([{ id: 'acme-crm', site: 'acme', provider: 'p', purposes, options: {} }], [{ name: 'p', options: z.unknown(), create }]);
  return new MappingPreview(new HandlerRegistry([new PutHandler()]), connections);
}

const head = (eventId: string) => ({ eventId, connection: 'acme-crm', provider: 'p', action: 'put' });

describe('a preview', () => {
  it('is what the handler asks of its provider, in order, as JSON has it', async () => {
    const event = leadOf('ada@example.org', 'Hello');
    const [receiver] = await previewWith().of([event], true);
    expect(receiver).toMatchObject({
      ...head(event.id),
      mapped: [
        { does: 'find', with: 'lead' },
        { does: 'put', with: { id: 'new', at: '1970-01-01T00:00:00.000Z', email: 'ada@example.org', message: 'Hello' } },
      ],
    });
    expect(kept).toEqual([]);
  });

  it('shows no token of a link, and long texts only in part', async () => {
    const [receiver] = await previewWith().of([leadOf('ada@example.org')], true);
    expect(receiver?.mapped?.[1]?.with).toMatchObject({ link: 'https://x.example/…', long: expect.stringMatching(/… \(2000 more characters\)$/) as string });
  });

  it('says that people who have not agreed are not told of', async () => {
    const event = leadOf('ada@example.org');
    expect(await previewWith(['offers']).of([event], true)).toEqual([{ ...head(event.id), skipped: expect.stringContaining('"offers"') as string }]);
  });

  it('says why a delivery would fail, and nothing of what only a bug would tell', async () => {
    const [unknown, broken] = [leadOf('ada@example.org', 'unknown site'), leadOf('ada@example.org', 'broken')];
    expect(await previewWith().of([unknown, broken], true)).toEqual([
      { ...head(unknown.id), problem: { code: 'SITE_UNKNOWN', message: 'No site is configured', remedy: 'Describe it.' } },
      { ...head(broken.id), problem: { code: 'HANDLER_FAILED', message: 'The handler could not map the event.' } },
    ]);
  });

  it('leaves out what this service does not take, and whom it does not know', async () => {
    const event = leadOf('ada@example.org');
    expect(await previewWith().of([{ ...event, site: 'other' }, { ...event, type: 'order.paid' }, 7], true)).toEqual([]);
  });
});
