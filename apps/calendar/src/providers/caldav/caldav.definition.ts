import type { ProviderDefinition } from '@posthorn/delivery';
import type { CalendarProvider } from '../../calendar.provider.js';
import { calDavOptions, type CalDavOptions } from './caldav.options.js';
import { CalDavProvider } from './caldav.provider.js';

export const caldav: ProviderDefinition<CalendarProvider, CalDavOptions> = {
  name: 'caldav',
  options: calDavOptions,
  create: (options, { traceHeaders, reportRateLimit }) => new CalDavProvider(options, traceHeaders, reportRateLimit),
  check: (provider, { signal }) => provider.check({ signal }),
};
