import { Inject, Injectable } from '@nestjs/common';
import type { EventData, EventType } from '@posthorn/contracts';
import { traceHeaders } from '@posthorn/observability';
import { z } from 'zod';
import type { SandboxConfig } from '../config.js';
import { SANDBOX_CONFIG } from '../tokens.js';

const TIMEOUT_MS = 8000;

const accepted = z.object({ id: z.string(), acceptedAt: z.string() });
const problem = z.object({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
});
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
  | { kind: 'refused'; reason: string; errors: { pointer: string; message: string }[] }
  | { kind: 'unavailable'; reason: string };

/** What a real site's backend does: hand events to Posthorn with its secret key, and ask what became of them. */
@Injectable()
export class IngressClient {
  constructor(@Inject(SANDBOX_CONFIG) private readonly config: SandboxConfig) {}

  /** The same key sends the same event again without a second effect. */
  async submit<T extends EventType>(type: T, data: EventData<T>, idempotencyKey: string): Promise<Submitted> {
    const answer = await this.call('/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ type, data }),
    });
    if (!answer) return { kind: 'unavailable', reason: 'Posthorn cannot be reached.' };
    if (answer.status === 202) return { kind: 'accepted', ...accepted.parse(answer.body) };
    const { title, detail, errors } = problem.safeParse(answer.body).data ?? {};
    const reason = [title, detail].filter(Boolean).join(': ') || `Posthorn answered ${answer.status}.`;
    if (answer.status >= 500 || answer.status === 429) return { kind: 'unavailable', reason };
    return { kind: 'refused', reason, errors: errors ?? [] };
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
