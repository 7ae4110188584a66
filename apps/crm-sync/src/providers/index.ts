import type { ProviderDefinition } from '@posthorn/delivery';
import type { CrmProvider } from '../crm.provider.js';
import { hubspot } from './hubspot/hubspot.definition.js';

/** Every provider there is: one folder and one line each. */
export const PROVIDERS: readonly ProviderDefinition<CrmProvider>[] = [hubspot];
