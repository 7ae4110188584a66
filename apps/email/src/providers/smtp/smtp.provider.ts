import { type ProviderDefinition } from '@posthorn/delivery';
import { type MailTransport } from '../../mail/mail.transport.js';
import { smtpOptions, type SmtpOptions } from './smtp.options.js';
import { SmtpTransport } from './smtp.transport.js';

export const smtpProvider: ProviderDefinition<MailTransport, SmtpOptions> = {
  name: 'smtp',
  options: smtpOptions,
  create: (options) => new SmtpTransport(options),
  check: (transport, { signal }) => transport.check(signal),
};
