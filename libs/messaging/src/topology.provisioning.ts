import { AckPolicy, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { MessagingUnavailableError, reasonOf } from './messaging.error.js';
import { connectionOptions } from './nats-connection.options.js';
import type { ConsumerDefinition, StreamDefinition, Topology, TopologyReport } from './topology.definitions.js';
import { addConsumer, addStream, consumerInfo, consumerSettings, differences, isAhead, refuse, STREAM_KIND, streamInfo, streamSettings } from './topology.objects.js';

/** The privileged account of the provisioning step; services run with `natsPermissions` and cannot do this. */
export interface AdminConnection {
  servers: string[];
  user?: string;
  password?: string;
  /** How long to wait for a server that is still starting; default 15 s. */
  timeoutMs?: number;
}

const RETRY_MS = 200;

/**
 * Creates or changes streams and consumers until they are as described, and reads each back: older servers drop
 * what they do not know without a word. Repeatable. Run it again whenever NATS may have lost its store.
 */
export async function ensureTopology(admin: AdminConnection, topology: Topology): Promise<TopologyReport> {
  const report: TopologyReport = { created: [], changed: [], recreated: [] };
  const { connection, manager } = await reach(admin);
  try {
    for (const stream of topology.streams ?? []) await ensureStream(manager, stream, report);
    for (const consumer of topology.consumers ?? []) await ensureConsumer(manager, consumer, report);
    return report;
  } finally {
    await connection.close();
  }
}

/** One service's durable consumer; the stream must exist. */
export function provisionConsumer(admin: AdminConnection, consumer: ConsumerDefinition): Promise<TopologyReport> {
  return ensureTopology(admin, { consumers: [consumer] });
}

async function reach(admin: AdminConnection): Promise<{ connection: NatsConnection; manager: JetStreamManager }> {
  const deadline = Date.now() + (admin.timeoutMs ?? 15_000);
  for (;;) {
    let connection: NatsConnection | undefined;
    try {
      connection = await connect({ ...connectionOptions({ ...admin, service: 'provision' }), inboxPrefix: '_INBOX' });
      return { connection, manager: await jetstreamManager(connection) };
    } catch (cause) {
      await connection?.close();
      if (Date.now() > deadline) {
        const where = admin.servers.join(', ');
        throw new MessagingUnavailableError(`JetStream at ${where} cannot be provisioned: ${reasonOf(cause)}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function ensureStream(manager: JetStreamManager, wanted: StreamDefinition, report: TopologyReport): Promise<void> {
  const settings = streamSettings(wanted);
  const found = await streamInfo(manager, wanted.name);
  if (found === undefined) {
    await addStream(manager, wanted);
    report.created.push(wanted.name);
  } else if (differences(found.config, settings).length > 0) {
    await manager.streams.update(wanted.name, settings);
    report.changed.push(wanted.name);
  }
  const now = await manager.streams.info(wanted.name);
  refuse(wanted.name, differences(now.config, { ...settings, ...STREAM_KIND }));
}

async function ensureConsumer(manager: JetStreamManager, wanted: ConsumerDefinition, report: TopologyReport): Promise<void> {
  const { stream, durable } = wanted;
  const name = `${stream}/${durable}`;
  const settings = consumerSettings(wanted);
  const found = await consumerInfo(manager, wanted);
  if (found === undefined) {
    await addConsumer(manager, wanted);
    report.created.push(name);
  } else if (isAhead(found, await manager.streams.info(stream))) {
    await manager.consumers.delete(stream, durable);
    await addConsumer(manager, { stream, durable, ackWaitMs: wanted.ackWaitMs, maxAckPending: wanted.maxAckPending });
    report.recreated.push(name);
  } else if (differences(found.config, settings).length > 0) {
    await manager.consumers.update(stream, durable, settings);
    report.changed.push(name);
  }
  const now = await manager.consumers.info(stream, durable);
  refuse(name, differences(now.config, { ...settings, ack_policy: AckPolicy.Explicit }));
}
