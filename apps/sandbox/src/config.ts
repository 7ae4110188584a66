import { loadConfig, type ServiceConfig } from '@posthorn/configuration';
import { SITE_ID } from '@posthorn/contracts';
import { z } from 'zod';

/** The `sandbox` section of posthorn.yaml. */
export const sandboxSection = z.strictObject({
  /** The site whose backend the demo website plays, where ingress is, and the site's secret key there. */
  websiteSite: z.string().regex(SITE_ID).default('acme'),
  ingressUrl: z.url(),
  siteKey: z.string().min(1),
  hubspotToken: z.string().min(1),
  /** How far the simulated HubSpot's search is behind its records. */
  hubspotSearchLagMs: z.coerce.number().int().min(0).default(2000),
  caldav: z.strictObject({ username: z.string().min(1), password: z.string().min(1) }),
  smtp: z.strictObject({
    port: z.coerce.number().int().min(0).max(65_535),
    username: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    starttls: z.boolean().default(false),
  }),
  /** Keeps what the providers hold in this folder; without it a restart begins empty. */
  dataDir: z.string().min(1).optional(),
});

export type SandboxSection = z.infer<typeof sandboxSection>;
export type SandboxConfig = ServiceConfig<SandboxSection>;

export function readConfig(): SandboxConfig {
  return loadConfig({ service: 'sandbox', section: sandboxSection, env: process.env });
}
