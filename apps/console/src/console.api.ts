import type { ApiInfo } from '@posthorn/http';

/** What stands at the head of /openapi.json and /docs. */
export const CONSOLE_API: ApiInfo = {
  title: 'Posthorn console',
  about: 'For operators: connections and dead letters of every service, and what may be ordered. What it shows is what the services say at that moment; "unanswered" names those whose part is missing.',
  variables: { address: 'CONSOLE', key: 'OPERATOR_KEY' },
};
