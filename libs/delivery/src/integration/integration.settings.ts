import { type DatabaseOptions } from '@posthorn/persistence';
import { type MessagingOptions } from '@posthorn/messaging';
import { type ObservabilityOptions } from '@posthorn/observability';
import { z } from 'zod';
import { type ConnectionConfig, connectionSchema } from '../connection.config.js';
import { type ProviderDefinition } from '../provider.definition.js';

/** What every integration service has in its section of posthorn.yaml. Its own settings go beside it, in one strict object. */
export function integrationSettings(providers: readonly ProviderDefinition<unknown>[]) {
  return z.strictObject({
    connections: connectionSchema(providers),
    /** From when on a new service wants the history; without it, from what the stream remembers. */
    since: z.iso.datetime({ offset: true }).transform((text) => new Date(text)).optional(),
  }).shape;
}

/** What an integration service must know to run: a service's configuration, once it is loaded. */
export interface IntegrationConfig extends Pick<ObservabilityOptions, 'logLevel' | 'otlpEndpoint'> {
  readonly section: { readonly connections: readonly ConnectionConfig[]; readonly since?: Date };
  readonly database: Pick<DatabaseOptions, 'url' | 'password'>;
  readonly nats: Pick<MessagingOptions, 'servers' | 'user' | 'password'>;
}
