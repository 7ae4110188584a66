import { SITE_ID } from '@posthorn/contracts';
import { isTrustworthyUrl } from '@posthorn/http';
import { guardOptions } from '@posthorn/resilience';
import { z } from 'zod';

const SYSLOG = 'syslog+tls:';

/** A copy of the log that is brought to somebody else as it grows: a SIEM, an archive. */
export const streamSettings = z
  .strictObject({
    /** Under this name it is remembered how far the receiver has it. */
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a name like siem: lower-case letters, digits and hyphens'),
    to: z.url().refine((url) => new URL(url).protocol === SYSLOG || isTrustworthyUrl(url), 'must begin with https:// or syslog+tls://'),
    /** Sent as a bearer token. */
    token: z.string().min(1).optional(),
    /** Who the receiver's certificate has to be from, in PEM; without it, those whom Node trusts. */
    ca: z.string().includes('-----BEGIN CERTIFICATE-----', 'must be certificates in PEM, such as ${file:/etc/ssl/siem-ca.pem}').optional(),
    sites: z.array(z.string().regex(SITE_ID, 'must be a site id')).min(1).optional(),
    kinds: z.array(z.enum(['event', 'outcome', 'operation', 'access'])).min(1).optional(),
    /** Whether personal values go along, or masks in their places. */
    personalData: z.boolean().default(false),
    /** How often it is looked for new entries. */
    everyMs: z.int().min(100).max(60_000).default(1_000),
    guard: guardOptions.prefault({}),
  })
  .refine(({ to, token }) => token === undefined || !isSyslog(to), 'has a token, which is for https:// alone')
  .refine(({ to, ca }) => ca === undefined || isSyslog(to), 'has a ca, which is for syslog+tls:// alone; for https:// set NODE_EXTRA_CA_CERTS');

export type StreamSettings = z.infer<typeof streamSettings>;

export const isSyslog = (to: string): boolean => to.startsWith(SYSLOG);
