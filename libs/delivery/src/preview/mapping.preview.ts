import { Injectable } from '@nestjs/common';
import { parseEvent, type PosthornEvent, type PreviewCall, type PreviewReceiver } from '@posthorn/contracts';
import { type Connection, ConnectionRegistry } from '../connection.registry.js';
import { skippedFor } from '../delivery.planner.js';
import { ERASURE } from '../erasure/erasure.names.js';
import { HandlerRegistry, type RegisteredHandler } from '../handler.registry.js';
import { notingProvider } from './noting.provider.js';

const PATIENCE_MS = 1_000;

/**
 * Says what would become of events that do not exist: the handlers that would deliver them are run against providers
 * that only take notes. Nothing is stored and nobody is called.
 */
@Injectable()
export class MappingPreview {
  constructor(
    private readonly handlers: HandlerRegistry,
    private readonly connections: ConnectionRegistry,
  ) {}

  async of(envelopes: readonly unknown[], mapped: boolean): Promise<PreviewReceiver[]> {
    const receivers: PreviewReceiver[] = [];
    for (const envelope of envelopes) {
      const event = understood(envelope);
      if (event === undefined || event.type === ERASURE) continue;
      for (const connection of this.connections.ofSite(event.site)) {
        for (const registered of this.handlers.of(event.type)) receivers.push(await receiverOf(event, connection, registered, mapped));
      }
    }
    return receivers;
  }
}

function understood(envelope: unknown): PosthornEvent | undefined {
  try {
    return parseEvent(envelope);
  } catch {
    // Of a version that this service does not know; ingress has said all there is to say.
    return undefined;
  }
}

async function receiverOf(event: PosthornEvent, connection: Connection, { action, handler }: RegisteredHandler, mapped: boolean): Promise<PreviewReceiver> {
  const head = { eventId: event.id, connection: connection.id, provider: connection.providerName, action };
  try {
    const skipped = skippedFor(event, connection, handler);
    if (skipped !== undefined) return { ...head, skipped: skipped.message };
    if (!mapped) return head;
    const calls: PreviewCall[] = [];
    const call = { provider: notingProvider(calls), connection: connection.view, deliveryId: event.id, attempt: 1, signal: AbortSignal.timeout(PATIENCE_MS), rehearsal: true };
    await handler.deliver(event, call);
    return { ...head, mapped: calls };
  } catch (error) {
    return { ...head, problem: problemOf(error) };
  }
}

/** Only our own errors are told: the message of any other may quote the event. */
function problemOf(error: unknown): NonNullable<PreviewReceiver['problem']> {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return { code: 'HANDLER_FAILED', message: 'The handler could not map the event.' };
  const remedy = 'remedy' in error && typeof error.remedy === 'string' ? error.remedy : undefined;
  return { code: error.code, message: error.message, remedy };
}
