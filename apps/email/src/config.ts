import { loadConfig } from '@posthorn/configuration';
import { SITE_ID } from '@posthorn/contracts';
import { integrationSettings } from '@posthorn/delivery';
import { z } from 'zod';
import { parseMailAddress } from './mail/mail-address.format.js';
import { PROVIDERS } from './providers/index.js';

const mailAddress = z.string().transform((value, context) => {
  const parsed = parseMailAddress(value);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'must be an address such as hello@acme.example or Acme <hello@acme.example>' });
  return z.NEVER;
});

const timeZone = z.string().refine((name) => isTimeZone(name), 'must be an IANA time zone such as Europe/Berlin');

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const site = z.strictObject({
  name: z.string().min(1).max(100),
  url: z.url({ protocol: /^https?$/ }),
  /** Who hears of enquiries, and to whom answers go. */
  owner: mailAddress,
  /** The sender. Without a name, the site's name is shown. */
  from: mailAddress,
  /** For the owner, and for a person who did not say. */
  locale: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as de-AT').default('en'),
  timeZone: timeZone.default('UTC'),
  accent: z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as #1f6f54').default('#1f6f54'),
  logoUrl: z.url({ protocol: /^https$/ }).optional(),
  /** The lines the law wants below a business mail. */
  imprint: z.string().max(1_000).optional(),
  /** A folder with this site's own templates; whatever it lacks is taken from the supplied ones. */
  templates: z.string().optional(),
});

export const emailSection = z
  .strictObject({
    ...integrationSettings(PROVIDERS),
    /** Where the ingress is reached from outside; the links in mails lead there. */
    publicUrl: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
    /** The same as the ingress's. */
    linkSecret: z.string().min(24, 'must have at least 24 characters; make one with: openssl rand -base64 32'),
    confirmationLinkDays: z.number().int().min(1).max(90).default(7),
    sites: z.record(z.string().regex(SITE_ID), site),
  })
  .superRefine((section, context) => {
    section.connections.forEach((connection, index) => {
      if (Object.hasOwn(section.sites, connection.site)) return;
      context.addIssue({ code: 'custom', path: ['connections', index, 'site'], message: `is not among email.sites; describe "${connection.site}" there` });
    });
  });

export const SERVICE = 'email';

export type EmailConfig = ReturnType<typeof loadEmailConfig>;

/** The service's section of posthorn.yaml and its environment, as one frozen object. Throws with every mistake. */
export function loadEmailConfig(env: NodeJS.ProcessEnv = process.env) {
  return loadConfig({ service: SERVICE, section: emailSection, env, needs: ['database', 'nats'] });
}
