import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

/** Deletes a consumer with an administrator's rights, as somebody might by mistake. False: there was none. */
export async function deleteConsumer(server: string, password: string, { stream, durable }: { stream: string; durable: string }): Promise<boolean> {
  const connection = await connect({ servers: server, user: 'admin', pass: password, timeout: 3_000, reconnect: false });
  try {
    const manager = await jetstreamManager(connection, { timeout: 3_000 });
    return await manager.consumers.delete(stream, durable);
  } finally {
    await connection.close();
  }
}
