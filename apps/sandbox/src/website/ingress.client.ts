import { Inject, Injectable } from '@nestjs/common';
import { type BadField, Posthorn, PosthornProblem, PosthornUnreachable } from '@posthorn/client';
import type { EventData, WebsiteEventType } from '@posthorn/contracts';
import { traceHeaders } from '@posthorn/observability';
import { z } from 'zod';
import type { SandboxConfig } from '../config.js';
import { SANDBOX_CONFIG } from '../tokens.js';

const TIMEOUT_MS = 8000;
/** A visitor waits for the answer. */
const RETRY_FOR_MS = 1000;

const delivery = z.object({
  connection: z.string(),
  action: z.string(),
  state: z.string(),
  attempts: z.number(),
  externalId: z.string().nullish(),
  nextAttemptAt: z.string().nullish(),
  error: z.object({ code: z.string(), message: z.string() }).nullish(),
  updatedAt: z.string(),
});
const eventState = z.object({
  id: z.string(),
  type: z.string(),
  acceptedAt: z.string(),
  servicesReachable: z.boolean().default(true),
  services: z.array(z.object({ service: z.string(), deliveries: z.array(delivery) })),
});

export type Delivery = z.infer<typeof delivery>;
export type EventState = z.infer<typeof eventState>;

export type Submitted =
  | { kind: 'accepted'; id: string; acceptedAt: string }
  | { kind: 'refused'; reason: string; errors: readonly BadField[] }
  | { kind: 'unavailable'; reason: string };

/** What a real site's backend does: hand events to Posthorn with its secret key, and ask what became of them. */
@Injectable()
export class IngressClient {
  private readonly posthorn: Posthorn;

  constructor(@Inject(SANDBOX_CONFIG) private readonly config: SandboxConfig) {
    const { ingressUrl, siteKey } = config.section;
    this.posthorn = new Posthorn({ url: ingressUrl, key: siteKey, timeoutMs: TIMEOUT_MS, retryForMs: RETRY_FOR_MS });
  }

  /** The same key sends the same event again without a second effect. */
  async submit<T extends WebsiteEventType>(type: T, data: EventData<T>, idempotencyKey: string): Promise<Submitted> {
    try {
      return { kind: 'accepted', ...(await this.posthorn.send<WebsiteEventType>(type, data, { idempotencyKey, ...traceHeaders() })) };
    } catch (error) {
      if (error instanceof PosthornProblem) return { kind: 'refused', reason: error.message, errors: error.errors };
      const said = error instanceof PosthornUnreachable && error.cause instanceof PosthornProblem ? error.cause.message : undefined;
      return { kind: 'unavailable', reason: said ?? 'Posthorn cannot be reached.' };
    }
  }

  async state(id: string): Promise<EventState | 'unknown' | 'unavailable'> {
    const answer = await this.call(`/v1/events/${encodeURIComponent(id)}`, {});
    if (answer?.status === 200) return eventState.parse(answer.body);
    return answer?.status === 404 ? 'unknown' : 'unavailable';
  }

  private async call(path: string, init: RequestInit): Promise<{ status: number; body: unknown } | undefined> {
    const { ingressUrl, siteKey } = this.config.section;
    try {
      const answer = await fetch(new URL(path, ingressUrl), {
        ...init,
        headers: { ...traceHeaders(), authorization: `Bearer ${siteKey}`, ...(init.headers as Record<string, string> | undefined) },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { status: answer.status, body: await answer.json().catch(() => undefined) };
    } catch {
      return undefined; // refused, reset or too slow: to a visitor it is all the same
    }
  }
}
