import { type ReportRateLimit } from '@posthorn/resilience';
import { type z } from 'zod';

export interface ProviderContext {
  readonly connection: { readonly id: string; readonly site: string };
  /** The `traceparent` header of the call under way; add it to every outgoing request. */
  readonly traceHeaders: () => Record<string, string>;
  /** What the provider says of its own limit, on any answer: calls slow down before it refuses them. See `rateLimitOf`. */
  readonly reportRateLimit: ReportRateLimit;
}

/** How a provider is configured and made: one folder and one line per provider. */
export interface ProviderDefinition<Port, O = unknown> {
  /** What `provider:` in the configuration names. */
  readonly name: string;
  /** The provider's own options; use `z.strictObject`. */
  readonly options: z.ZodType<O>;
  /** Called once per connection, at start. Must not call the provider. */
  create(options: O, context: ProviderContext): Port;
  /**
   * Resolves when the provider accepts the credentials; throws one of the four provider errors. Must change nothing
   * at the provider, and be cheap: it is asked on a schedule and by operators, so that bad credentials are known before
   * an event finds out.
   */
  check?(provider: Port, call: { readonly signal: AbortSignal }): Promise<void>;
}
