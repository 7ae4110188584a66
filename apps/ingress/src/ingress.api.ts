import { jsonSchemaOf, WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import type { ApiInfo } from '@posthorn/http';

/** What stands at the head of /openapi.json and /docs. */
export const INGRESS_API: ApiInfo = {
  title: 'Posthorn ingress',
  about: "Takes a website's events and tells what became of them. 202 comes strictly after the commit: from then on an event is not lost. Repeat after 408, 429, 5xx and a connection that broke, with the same Idempotency-Key.",
  variables: { address: 'INGRESS', key: 'KEY' },
  // By the name of the type: a schema for the data of each.
  schemas: Object.fromEntries(WEBSITE_EVENT_TYPES.map((type) => [type, jsonSchemaOf(type)])),
};
