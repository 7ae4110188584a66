import { type MailAddress } from './mail.transport.js';

/** What the mails of one site have in common. */
export interface SiteProfile {
  name: string;
  url: string;
  owner: MailAddress;
  from: MailAddress;
  locale: string;
  timeZone: string;
  accent: string;
  logoUrl?: string | undefined;
  imprint?: string | undefined;
  templates?: string | undefined;
}

/** What the service's features need of its configuration. */
export interface MailSettings {
  publicUrl: string;
  linkSecret: string;
  confirmationLinkDays: number;
  sites: Readonly<Record<string, SiteProfile>>;
}

export const MAIL_SETTINGS = Symbol('MAIL_SETTINGS');
