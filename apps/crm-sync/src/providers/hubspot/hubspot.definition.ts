import type { ProviderDefinition } from '@posthorn/delivery';
import type { CrmProvider } from '../../crm.provider.js';
import { hubSpotOptions, type HubSpotOptions } from './hubspot.options.js';
import { HubSpotProvider } from './hubspot.provider.js';

export const hubspot: ProviderDefinition<CrmProvider, HubSpotOptions> = {
  name: 'hubspot',
  options: hubSpotOptions,
  create: (options, { traceHeaders, reportRateLimit }) => new HubSpotProvider(options, traceHeaders, reportRateLimit),
  check: (provider, { signal }) => provider.check({ signal }),
};
