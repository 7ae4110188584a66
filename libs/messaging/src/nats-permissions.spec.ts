import { describe, expect, it } from 'vitest';
import { natsAuthorization, natsPermissions } from './nats-permissions.js';

describe('natsPermissions', () => {
  it('gives a publisher its subjects and its own inbox, and nothing of JetStream', () => {
    expect(natsPermissions({ name: 'ingress', publishes: ['events.>'], consumes: [] })).toEqual({
      publish: ['events.>'],
      subscribe: ['_INBOX_ingress.>'],
    });
  });

  it('gives a consumer only its own durable', () => {
    const { publish } = natsPermissions({
      name: 'email',
      publishes: ['outcomes.email.>'],
      consumes: [{ stream: 'EVENTS', durable: 'email' }],
    });
    expect(publish).toEqual([
      'outcomes.email.>',
      '$JS.API.CONSUMER.MSG.NEXT.EVENTS.email',
      '$JS.API.CONSUMER.INFO.EVENTS.email',
      '$JS.API.CONSUMER.CREATE.EVENTS.email',
      '$JS.API.CONSUMER.DELETE.EVENTS.email',
      '$JS.API.STREAM.INFO.EVENTS',
      '$JS.ACK.EVENTS.email.>',
      '$JS.ACK.*.*.EVENTS.email.>',
    ]);
  });

  it('lets the owner of a stream make it again, and neither change nor delete it', () => {
    const { publish } = natsPermissions({ name: 'ingress', publishes: ['events.>'], consumes: [], owns: ['EVENTS'] });
    expect(publish).toEqual(['events.>', '$JS.API.STREAM.INFO.EVENTS', '$JS.API.STREAM.CREATE.EVENTS']);
  });

  it('lets one who erases look for messages with a consumer of its own and take them out of that stream, and no more', () => {
    const { publish } = natsPermissions({ name: 'ingress', publishes: [], consumes: [], erases: ['EVENTS'] });
    expect(publish).toEqual([
      '$JS.API.STREAM.MSG.DELETE.EVENTS',
      '$JS.API.CONSUMER.CREATE.EVENTS.ingress-finder',
      '$JS.API.CONSUMER.DELETE.EVENTS.ingress-finder',
      '$JS.API.CONSUMER.MSG.NEXT.EVENTS.ingress-finder',
    ]);
  });

  it('lets one who asks hear answers, in a place apart from its other replies', () => {
    const permissions = natsPermissions({ name: 'ingress', publishes: [], consumes: [], asks: ['posthorn.deliveries.of-event'] });
    expect(permissions).toEqual({ publish: ['posthorn.deliveries.of-event'], subscribe: ['_INBOX_ingress.>', '_ANSWERS.ingress.>'] });
  });

  it('lets one who answers publish answers, and hear nobody else\'s', () => {
    const permissions = natsPermissions({ name: 'email', publishes: [], consumes: [], answers: ['posthorn.deliveries.of-event'] });
    expect(permissions).toEqual({ publish: ['_ANSWERS.>'], subscribe: ['_INBOX_email.>', 'posthorn.deliveries.of-event'] });
  });

  it('never has the server remember replies, which costs more with every message', () => {
    const access = { name: 'email', publishes: [], consumes: [], asks: ['a'], answers: ['b'] };
    expect(natsPermissions(access)).not.toHaveProperty('allow_responses');
  });
});

describe('natsAuthorization', () => {
  it('quotes whatever a password contains', () => {
    expect(natsAuthorization([{ user: 'a', password: 'p"w\\{' }])).toContain('"password":"p\\"w\\\\{"');
  });
});
