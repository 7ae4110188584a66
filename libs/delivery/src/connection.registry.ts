import { traceHeaders } from '@posthorn/observability';
import { Guard } from '@posthorn/resilience';
import { type ConnectionConfig } from './connection.config.js';
import { type RequiredPurposes } from './consent/required.purposes.js';
import { type HandlerConnection } from './delivery.handler.js';
import { DeliverySetupError } from './handler.registry.js';
import { type ProviderDefinition } from './provider.definition.js';
import { type RetryPolicy, retryPolicy, type RetrySettings } from './retry.policy.js';

/** A connection at work: its provider, and the guard that no other connection shares. */
export interface Connection {
  readonly id: string;
  readonly site: string;
  readonly providerName: string;
  readonly provider: unknown;
  readonly guard: Guard;
  readonly retry: RetryPolicy;
  /** What people must have agreed to before it is told of them. */
  readonly purposes?: RequiredPurposes;
  /** Asks the provider whether it accepts the credentials, and changes nothing there. */
  readonly check?: (signal: AbortSignal) => Promise<void>;
  /** What handlers get to see. */
  readonly view: HandlerConnection;
}

export class ConnectionRegistry {
  private readonly byId = new Map<string, Connection>();
  private readonly bySite = new Map<string, Connection[]>();

  constructor(configs: readonly ConnectionConfig[], definitions: readonly ProviderDefinition<unknown>[], retry: RetrySettings = {}) {
    for (const config of configs) {
      const definition = definitions.find(({ name }) => name === config.provider);
      if (definition === undefined) {
        const known = definitions.map(({ name }) => name).join(', ');
        throw new DeliverySetupError(`Connection "${config.id}" names the provider "${config.provider}"; this service has: ${known}.`);
      }
      if (this.byId.has(config.id)) throw new DeliverySetupError(`Two connections have the id "${config.id}".`);
      this.add(connect(config, definition, retry));
    }
  }

  get(id: string): Connection | undefined {
    return this.byId.get(id);
  }

  ofSite(site: string): readonly Connection[] {
    return this.bySite.get(site) ?? [];
  }

  all(): readonly Connection[] {
    return [...this.byId.values()];
  }

  private add(connection: Connection): void {
    this.byId.set(connection.id, connection);
    this.bySite.set(connection.site, [...this.ofSite(connection.site), connection]);
  }
}

function connect(config: ConnectionConfig, definition: ProviderDefinition<unknown>, retry: RetrySettings): Connection {
  const { id, site, options } = config;
  const guard = new Guard(id, config.guard);
  const provider = definition.create(options, { connection: { id, site }, traceHeaders, reportRateLimit: (report) => guard.reportRateLimit(report) });
  return {
    id,
    site,
    providerName: definition.name,
    provider,
    check: definition.check && ((signal) => definition.check?.(provider, { signal }) ?? Promise.resolve()),
    guard,
    retry: retryPolicy.parse(config.retry ?? retry),
    purposes: config.purposes,
    view: Object.freeze({ id, site, options: (options ?? {}) as Record<string, unknown> }),
  };
}
