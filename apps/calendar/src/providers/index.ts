import type { ProviderDefinition } from '@posthorn/delivery';
import type { CalendarProvider } from '../calendar.provider.js';
import { caldav } from './caldav/caldav.definition.js';

/** Every provider there is: one folder and one line each. */
export const PROVIDERS: readonly ProviderDefinition<CalendarProvider>[] = [caldav];
