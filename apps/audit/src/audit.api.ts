import type { ApiInfo } from '@posthorn/http';

/** What stands at the head of /openapi.json and /docs. */
export const AUDIT_API: ApiInfo = {
  title: 'Posthorn audit',
  about: "The tamper-evident log: what happened to whom, when, and the proof. Auditors bring a key, or a token of an OpenID Connect issuer. A key with sites sees these sites' entries and no others. Every question about entries is an entry itself, written before it is answered.",
  variables: { address: 'AUDIT', key: 'AUDITOR_KEY' },
};
