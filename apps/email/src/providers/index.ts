import { type ProviderDefinition } from '@posthorn/delivery';
import { type MailTransport } from '../mail/mail.transport.js';
import { smtpProvider } from './smtp/smtp.provider.js';

/** Another way to send mail is one folder beside this file and one line here. */
export const PROVIDERS: readonly ProviderDefinition<MailTransport>[] = [smtpProvider];
