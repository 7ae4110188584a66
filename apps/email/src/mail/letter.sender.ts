import { Inject, Injectable } from '@nestjs/common';
import { acceptedAtOf, type PosthornEvent } from '@posthorn/contracts';
import { type DeliveryCall, type DeliveryResult } from '@posthorn/delivery';
import { PermanentError } from '@posthorn/resilience';
import { chooseLocale, FALLBACK_LOCALE, formattingLocale } from './locale.choice.js';
import { type MailAddress, type MailInvitation, type MailTransport, type OutgoingMail } from './mail.transport.js';
import { siteColours } from './site.colours.js';
import { MAIL_SETTINGS, type MailSettings, type SiteProfile } from './site.profile.js';
import { TemplateBook } from './template.book.js';
import { type CommonModel, type TemplateModels, type TemplateName } from './template.models.js';
import { textLines } from './text.lines.js';

/** What a handler decides about a mail; the rest is the same for all. */
export interface Letter<N extends TemplateName> {
  /** The handler's action: part of the Message-ID, so that two mails about one event differ. */
  action: string;
  template: N;
  to: 'owner' | MailAddress;
  replyTo?: 'owner' | MailAddress | undefined;
  /** Languages the reader would like, best first. The site's own and English follow. */
  locales?: readonly (string | undefined)[];
  model: (context: LetterContext) => TemplateModels[N];
  headers?: Readonly<Record<string, string>>;
  invitation?: (context: LetterContext) => MailInvitation;
}

export interface LetterContext {
  site: SiteProfile;
  /** For dates and amounts. */
  locale: string;
  acceptedAt: Date;
}

/** Writes a letter in the site's and the reader's way and hands it to the connection's transport. */
@Injectable()
export class LetterSender {
  private readonly models = new Map<string, CommonModel>();

  constructor(
    @Inject(MAIL_SETTINGS) private readonly settings: MailSettings,
    private readonly templates: TemplateBook,
  ) {}

  async send<N extends TemplateName>(event: PosthornEvent, letter: Letter<N>, call: DeliveryCall<MailTransport>): Promise<DeliveryResult> {
    const mail = this.write(event, letter);
    await call.provider.send(mail, call.signal);
    return { externalId: mail.messageId, outcome: 'email.message.sent', facts: { template: letter.template } };
  }

  /** The mail is a function of the event and the settings, so that every attempt sends the same one. */
  write<N extends TemplateName>(event: PosthornEvent, letter: Letter<N>): OutgoingMail {
    const site = this.siteOf(event.site);
    const templates = this.templates.of(event.site);
    const wishes = [...(letter.locales ?? []), site.locale, FALLBACK_LOCALE];
    const language = chooseLocale(wishes, templates.languagesOf(letter.template));
    const context: LetterContext = { site, locale: formattingLocale(language, wishes), acceptedAt: acceptedAtOf(event.id) };
    const rendered = templates.render(letter.template, this.commonModel(event.site, site, language), letter.model(context));
    const address = (who: 'owner' | MailAddress): MailAddress => (who === 'owner' ? site.owner : who);
    return {
      // Event and action name the mail: the same at every attempt, and no two mails share it.
      messageId: `${event.id}.${letter.action}@${site.from.address.slice(site.from.address.lastIndexOf('@') + 1)}`,
      from: { name: site.name, ...site.from },
      to: address(letter.to),
      replyTo: letter.replyTo === undefined ? undefined : address(letter.replyTo),
      ...rendered,
      headers: {
        // RFC 3834: holiday notices must not answer a machine. Exchange listens to the second header only.
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        ...letter.headers,
      },
      invitation: letter.invitation?.(context),
    };
  }

  // The same for every letter of a site in one language; cutting graphemes and mixing colours take longer than the rest.
  private commonModel(id: string, site: SiteProfile, language: string): CommonModel {
    const key = `${id} ${language}`;
    const model = this.models.get(key) ?? commonModel(site, language);
    this.models.set(key, model);
    return model;
  }

  private siteOf(site: string): SiteProfile {
    const profile = Object.hasOwn(this.settings.sites, site) ? this.settings.sites[site] : undefined;
    if (profile !== undefined) return profile;
    throw new PermanentError('EMAIL_SITE_UNKNOWN', `No site "${site}" is configured`, { remedy: `Describe it under email.sites.${site}, then redeliver.` });
  }
}

function commonModel(site: SiteProfile, locale: string): CommonModel {
  return {
    locale,
    site: {
      name: site.name,
      initial: Array.from(new Intl.Segmenter().segment(site.name))[0]?.segment.toUpperCase() ?? '',
      url: site.url,
      host: new URL(site.url).host.replace(/^www\./, ''),
      logoUrl: site.logoUrl ?? null,
      imprintLines: textLines(site.imprint),
      ...siteColours(site.accent),
    },
  };
}
