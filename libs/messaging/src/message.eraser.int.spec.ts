import { Logger } from '@nestjs/common';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, newId } from '@posthorn/contracts';
import { HealthRegistry, Metrics } from '@posthorn/observability';
import { type TestNats, useNats } from '@posthorn/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureTopology, MessageEraser, NatsConnectionProvider, STREAMS } from './index.js';

describe('erasing messages', () => {
  let nats: TestNats;
  let admin: NatsConnection;
  let provider: NatsConnectionProvider;
  let eraser: MessageEraser;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    nats = await useNats();
    admin = await connect({ servers: nats.servers });
    await ensureTopology({ servers: nats.servers }, { streams: STREAMS });
    provider = new NatsConnectionProvider({ servers: nats.servers, service: 'test' }, new HealthRegistry(), new Metrics());
    provider.onModuleInit();
    await provider.whenConnected();
    eraser = new MessageEraser(provider);
  });
  beforeEach(async () => {
    await (await jetstreamManager(admin)).streams.purge(EVENTS_STREAM);
  });
  afterAll(() => Promise.all([provider.close(), admin.close()]));

  const publish = async (ids: string[], subject = 'events.acme.lead.submitted'): Promise<void> => {
    const client = jetstream(admin);
    await Promise.all(ids.map((id) => client.publish(subject, 'x'.repeat(2_000), { msgID: id, timeout: 30_000 })));
  };
  const erase = async (ids: string[], signal?: AbortSignal): Promise<string[]> => {
    const erased: string[] = [];
    await eraser.erase({ stream: EVENTS_STREAM, subject: 'events.acme.>', ids: new Set(ids), since: new Date(), onErased: (id) => erased.push(id), signal });
    return erased.sort();
  };
  const messages = async (): Promise<number> => (await (await jetstreamManager(admin)).streams.info(EVENTS_STREAM)).state.messages;

  it('finds them among thousands, and leaves the others', async () => {
    const ids = Array.from({ length: 3_500 }, () => newId());
    await publish(ids);
    const wanted = [ids[0]!, ids[999]!, ids[1_000]!, ids[3_499]!];
    expect(await erase(wanted)).toEqual(wanted);
    expect(await messages()).toBe(3_496);
    expect(await erase(wanted)).toEqual([]);
  });

  it('does not mind that somebody else is faster', async () => {
    const ids = Array.from({ length: 200 }, () => newId());
    await publish(ids);
    const other = new NatsConnectionProvider({ servers: nats.servers, service: 'other' }, new HealthRegistry(), new Metrics());
    other.onModuleInit();
    await other.whenConnected();
    const theirs: string[] = [];
    const [mine] = await Promise.all([
      erase(ids),
      new MessageEraser(other).erase({ stream: EVENTS_STREAM, subject: 'events.acme.>', ids: new Set(ids), since: new Date(), onErased: (id) => theirs.push(id) }),
    ]);
    await other.close();
    expect([...mine, ...theirs].sort()).toEqual(ids);
  });

  it('does not look beyond the subject', async () => {
    const [mine, theirs] = [newId(), newId()];
    await publish([mine]);
    await publish([theirs], 'events.other.lead.submitted');
    expect(await erase([mine, theirs])).toEqual([mine]);
  });

  it('does what another one began and left behind', async () => {
    const id = newId();
    await publish([id]);
    await (await jetstreamManager(admin)).consumers.add(EVENTS_STREAM, { name: 'test-finder', inactive_threshold: 60_000_000_000 });
    expect(await erase([id])).toEqual([id]);
  });

  it('can be broken off', async () => {
    await publish([newId()]);
    await expect(erase([newId()], AbortSignal.abort())).rejects.toThrow();
  });

  it('says at once that there is no connection', async () => {
    const nowhere = new NatsConnectionProvider({ servers: nats.servers, service: 'test' }, new HealthRegistry(), new Metrics());
    const search = { stream: EVENTS_STREAM, subject: 'events.acme.>', ids: new Set([newId()]), since: new Date() };
    await expect(new MessageEraser(nowhere).erase(search)).rejects.toMatchObject({ code: 'MESSAGING_UNAVAILABLE' });
  });
});
