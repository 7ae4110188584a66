import { type DynamicModule, Module } from '@nestjs/common';
import { IntegrationModule } from '@posthorn/delivery';
import { type ReconciliationOptions } from '@posthorn/ledger';
import { AppointmentRevisions } from './booking-mail/appointment.revisions.js';
import { InvitationHandler } from './booking-mail/invitation.handler.js';
import { type EmailConfig, SERVICE } from './config.js';
import { MailEraser } from './erasing/mail.eraser.js';
import { ErasureConfirmationHandler } from './erasure-mail/erasure-confirmation.handler.js';
import { FormNoticeHandler } from './form-mail/form-notice.handler.js';
import { LeadConfirmationHandler } from './lead-mail/lead-confirmation.handler.js';
import { LeadNoticeHandler } from './lead-mail/lead-notice.handler.js';
import { LetterSender } from './mail/letter.sender.js';
import { MailTransportShutdown } from './mail/mail-transport.shutdown.js';
import { MAIL_SETTINGS } from './mail/site.profile.js';
import { TemplateBook } from './mail/template.book.js';
import { OptInHandler } from './newsletter-mail/opt-in.handler.js';
import { WelcomeHandler } from './newsletter-mail/welcome.handler.js';
import { PROVIDERS } from './providers/index.js';
import { ReceiptHandler } from './receipt-mail/receipt.handler.js';

const HANDLERS = [LeadConfirmationHandler, LeadNoticeHandler, OptInHandler, WelcomeHandler, InvitationHandler, ReceiptHandler, FormNoticeHandler, ErasureConfirmationHandler];

/** What the handlers write mails with. */
@Module({})
export class MailModule {
  static forRoot({ section }: EmailConfig): DynamicModule {
    return {
      module: MailModule,
      providers: [
        { provide: MAIL_SETTINGS, useValue: section },
        // Compiled, and every template tried out, before the service takes its first event.
        { provide: TemplateBook, useFactory: () => new TemplateBook(section.sites) },
        LetterSender,
        AppointmentRevisions,
      ],
      exports: [MAIL_SETTINGS, LetterSender, AppointmentRevisions],
    };
  }
}

/** Everything the email service is made of. */
@Module({})
export class AppModule {
  static forRoot(config: EmailConfig, reconciliation?: ReconciliationOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        IntegrationModule.forRoot({
          service: SERVICE,
          schema: SERVICE,
          config,
          providers: PROVIDERS,
          handlers: HANDLERS,
          eraser: MailEraser,
          imports: [MailModule.forRoot(config)],
          reconciliation,
        }),
      ],
      providers: [MailTransportShutdown],
    };
  }
}
