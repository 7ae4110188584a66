import { Injectable } from '@nestjs/common';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import { type Connection } from './connection.registry.js';
import { withheld } from './consent/required.purposes.js';
import { type DeliveryCall, type DeliveryResult } from './delivery.handler.js';
import { DeliveryMetrics } from './delivery.metrics.js';
import { type ClaimedDelivery, type Settlement } from './delivery.row.js';
import { waitsForErasure } from './erasure/erasing.people.js';
import { HandlerRegistry, type RegisteredHandler } from './handler.registry.js';
import { afterErasure, decide, delivered, skipped, superseded } from './settlement.decision.js';

/** Makes one attempt: calls the handler through the connection's guard. */
@Injectable()
export class AttemptRunner {
  constructor(
    private readonly handlers: HandlerRegistry,
    private readonly metrics: DeliveryMetrics,
  ) {}

  /** Never rejects: whatever happens becomes a settlement. The error itself is for the log. */
  async run(delivery: ClaimedDelivery, connection: Connection): Promise<Settlement & { cause?: unknown }> {
    if (delivery.superseded) return { delivery, decision: superseded() };
    const { event, action, was } = delivery;
    // Intake has asked already; somebody may have sent it again, or configured it differently, since.
    const noConsent = withheld(event, connection.purposes);
    if (noConsent !== undefined) return { delivery, decision: skipped(noConsent) };
    if (waitsForErasure(delivery)) return { delivery, decision: afterErasure({ was, now: new Date() }) };
    const registered = this.handlers.find(event.type, action);
    if (registered === undefined) return { delivery, decision: noHandler(delivery) };
    const attributes = { 'posthorn.event_id': event.id, 'posthorn.connection': connection.id, 'posthorn.attempt': delivery.attempts };
    return withTrace(event.traceparent, `deliver ${action}`, attributes, () => this.attempt(delivery, connection, registered));
  }

  private async attempt(delivery: ClaimedDelivery, connection: Connection, registered: RegisteredHandler): Promise<Settlement & { cause?: unknown }> {
    const traceparent = currentTraceparent();
    const policy = registered.unknownPolicy(connection.view);
    const labels = { connection: connection.id, action: delivery.action };
    let asking = delivery.was === 'unknown' && policy === 'ask';
    let startedAt: number | undefined;
    try {
      const result = await connection.guard.run(async (signal) => {
        startedAt = performance.now();
        const call: DeliveryCall<unknown> = {
          provider: connection.provider,
          connection: connection.view,
          deliveryId: delivery.id,
          attempt: delivery.attempts,
          signal,
        };
        const found = asking ? await registered.handler.find?.(delivery.event, call) : undefined;
        asking = false;
        return found ?? (await registered.handler.deliver(delivery.event, call));
      });
      return { delivery, decision: delivered(result satisfies DeliveryResult), traceparent };
    } catch (error) {
      const { was, attempts, firstAttemptAt } = delivery;
      const situation = { was, attempts, firstAttemptAt, asking, unknownPolicy: policy, retry: connection.retry };
      return { delivery, decision: decide({ ...situation, error, now: new Date(), random: Math.random() }), traceparent, cause: error };
    } finally {
      if (startedAt !== undefined) this.metrics.callSeconds.observe(labels, (performance.now() - startedAt) / 1000);
    }
  }
}

function noHandler({ event, action }: ClaimedDelivery): Settlement['decision'] {
  const message = `This version of the service has no handler that delivers ${event.type} as "${action}".`;
  return { transition: 'hold', state: 'held', counts: false, error: { code: 'NO_HANDLER', message, remedy: 'Redeliver it with a version that has one.' } };
}
