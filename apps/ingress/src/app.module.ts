import { type DynamicModule, Module } from '@nestjs/common';
import { EVENTS_STREAM } from '@posthorn/contracts';
import { KeyRing, RateLimiter } from '@posthorn/http';
import { LedgerModule, PeopleCatchUp } from '@posthorn/ledger';
import { MessagingModule, streamNamed } from '@posthorn/messaging';
import { ObservabilityModule } from '@posthorn/observability';
import { PersistenceModule } from '@posthorn/persistence';
import { KeyStore } from './access/key.store.js';
import { KeyTypesRule } from './access/key.types.rule.js';
import { KeyWatch } from './access/key.watch.js';
import { KeysController } from './access/keys.controller.js';
import { KeysResponder } from './access/keys.responder.js';
import { DECLARED_ACCESS, type DeclaredAccess, KeysService } from './access/keys.service.js';
import { AcceptanceService } from './accepting/acceptance.service.js';
import { EventsController } from './accepting/events.controller.js';
import { ADMISSION_RULES, type AdmissionRule } from './admission/admission.rule.js';
import { AdmissionService } from './admission/admission.service.js';
import { AcceptedCounts } from './books/accepted.counts.js';
import { AcceptedRollUp } from './books/accepted.roll-up.js';
import { BooksController } from './books/books.controller.js';
import { type IngressConfig, consentOfSites, keysOf, ownTypesOfSites, retentionRulesOf, SERVICE, spamSettingsOf } from './config.js';
import { ConsentRule } from './consent/consent.rule.js';
import { DryRun } from './dry-run/dry.run.js';
import { ErasureConfirmations } from './erasing/erasure.confirmations.js';
import { ErasureLinksController } from './erasing/erasure-links.controller.js';
import { ErasureRequests } from './erasing/erasure.requests.js';
import { ErasureService } from './erasing/erasure.service.js';
import { ErasuresController } from './erasing/erasures.controller.js';
import { TransportEraser } from './erasing/transport.eraser.js';
import { TransportErasures } from './erasing/transport.erasures.js';
import { EventStateController } from './event-state/event-state.controller.js';
import { EventStateService } from './event-state/event-state.service.js';
import { FormOnce } from './forms/form.once.js';
import { FORM_SECRET, formSecretOf } from './forms/form.secret.js';
import { FORMS, formsOf } from './forms/form.settings.js';
import { FormsController } from './forms/forms.controller.js';
import { FormsService } from './forms/forms.service.js';
import { limitOfKey } from './limits/limit.settings.js';
import { addressNames, PostgresTokenBank } from './limits/token.bank.js';
import { LinkPageResponder } from './link-pages/link-page.responder.js';
import { MAIL_LINKS, MailLinks, type MailLinksOptions } from './link-pages/mail.links.js';
import { NewsletterLinksController } from './newsletter-links/newsletter-links.controller.js';
import { NewsletterLinksService } from './newsletter-links/newsletter-links.service.js';
import { OwnTypesRule } from './own-types/own-types.rule.js';
import { DRAFT_REREADERS, type DraftRereaders } from './quarantine/draft.rereader.js';
import { QuarantineController } from './quarantine/quarantine.controller.js';
import { QuarantineDecisions } from './quarantine/quarantine.decisions.js';
import { QuarantineDiscards } from './quarantine/quarantine.discards.js';
import { QuarantineKeeper } from './quarantine/quarantine.keeper.js';
import { QuarantineReader } from './quarantine/quarantine.reader.js';
import { QuarantineRetrial } from './quarantine/quarantine.retrial.js';
import { QuarantineRoom } from './quarantine/quarantine.room.js';
import { Quarantine } from './quarantine/quarantine.service.js';
import { QUARANTINE_SETTINGS } from './quarantine/quarantine.settings.js';
import { QuarantineStore } from './quarantine/quarantine.store.js';
import { QuarantineWatch } from './quarantine/quarantine.watch.js';
import { RETENTION_RULES, RetentionJob } from './retention/retention.job.js';
import { ScriptController } from './script/script.controller.js';
import { FormSigns } from './spam/form.signs.js';
import { ProofOfWork } from './spam/proof-of-work.js';
import { SpamRule } from './spam/spam.rule.js';
import { SpamScorer } from './spam/spam.scorer.js';
import { SPAM_SETTINGS } from './spam/spam.settings.js';
import { WebhookLineage } from './webhooks/webhook.lineage.js';
import { WebhookReceiver } from './webhooks/webhook.receiver.js';
import { WebhookRereader } from './webhooks/webhook.rereader.js';
import { WebhookSources } from './webhooks/webhook.sources.js';
import { WEBHOOK_CLOCK, WebhookWatch } from './webhooks/webhook.watch.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';

/** Everything the ingress is made of. */
@Module({})
export class AppModule {
  static forRoot(config: IngressConfig): DynamicModule {
    const { section, database, nats, logLevel, otlpEndpoint } = config;
    return {
      module: AppModule,
      imports: [
        ObservabilityModule.forRoot({ service: SERVICE, logLevel, otlpEndpoint }),
        PersistenceModule.forRoot({ ...database, schema: SERVICE, service: SERVICE }),
        // Not vital: with NATS away events are accepted all the same, and relayed later.
        MessagingModule.forRoot({ ...nats, service: SERVICE, vital: false, topology: { streams: [streamNamed(EVENTS_STREAM)] } }),
        LedgerModule.forRoot({ publisher: SERVICE }),
      ],
      controllers: [EventsController, EventStateController, NewsletterLinksController, BooksController, ErasuresController, ErasureLinksController, FormsController, ScriptController, KeysController, KeysResponder, QuarantineController, WebhooksController],
      providers: [
        { provide: KeyRing, useFactory: () => new KeyRing({ keys: keysOf(section), more: true }) },
        { provide: DECLARED_ACCESS, useFactory: (): DeclaredAccess => ({ keys: keysOf(section), sites: Object.keys(section.sites) }) },
        { provide: RateLimiter, inject: [PostgresTokenBank], useFactory: (bank: PostgresTokenBank) => rateLimiter(bank, section) },
        { provide: MAIL_LINKS, useFactory: () => mailLinks(config) },
        { provide: RETENTION_RULES, useFactory: () => retentionRulesOf(section) },
        { provide: QUARANTINE_SETTINGS, useValue: section.quarantine },
        { provide: FORMS, useFactory: () => formsOf(section.sites) },
        { provide: FORM_SECRET, useFactory: () => formSecretOf(section.linkSecret) },
        { provide: DRAFT_REREADERS, inject: [WebhookRereader], useFactory: (webhooks: WebhookRereader): DraftRereaders => ({ webhook: (kept) => webhooks.reread(kept) }) },
        { provide: SPAM_SETTINGS, useFactory: () => spamSettingsOf(section) },
        {
          provide: ADMISSION_RULES,
          useFactory: (spam: SpamRule): AdmissionRule[] => [new KeyTypesRule(), new OwnTypesRule(ownTypesOfSites(section)), new ConsentRule(consentOfSites(section)), spam],
          inject: [SpamRule],
        },
        AcceptanceService,
        AcceptedCounts,
        AcceptedRollUp,
        AdmissionService,
        DryRun,
        ErasureConfirmations,
        ErasureRequests,
        ErasureService,
        EventStateService,
        FormOnce,
        FormSigns,
        FormsService,
        KeyStore,
        KeyWatch,
        KeysService,
        LinkPageResponder,
        MailLinks,
        NewsletterLinksService,
        PeopleCatchUp,
        PostgresTokenBank,
        ProofOfWork,
        Quarantine,
        QuarantineDecisions,
        QuarantineDiscards,
        QuarantineKeeper,
        QuarantineReader,
        QuarantineRetrial,
        QuarantineRoom,
        QuarantineStore,
        QuarantineWatch,
        RetentionJob,
        SpamRule,
        SpamScorer,
        TransportEraser,
        TransportErasures,
        { provide: WebhookSources, useFactory: () => new WebhookSources(section) },
        { provide: WEBHOOK_CLOCK, useValue: Date.now },
        WebhookLineage,
        WebhookReceiver,
        WebhookRereader,
        WebhookWatch,
      ],
    };
  }
}

function rateLimiter(bank: PostgresTokenBank, { limits, sites, linkSecret }: IngressConfig['section']): RateLimiter {
  return new RateLimiter({ bank, limitOfKey: limitOfKey(limits, sites), perAddress: limits.perAddress, nameOfAddress: addressNames(linkSecret) });
}

function mailLinks({ section }: IngressConfig): MailLinksOptions {
  const siteNames = Object.fromEntries(Object.entries(section.sites).map(([id, { name }]) => [id, name]));
  return { linkSecret: section.linkSecret, siteNames };
}
