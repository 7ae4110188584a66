import { Injectable } from '@nestjs/common';
import { ContractError, createEvent, type PosthornEvent } from '@posthorn/contracts';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import { AcceptanceService } from '../accepting/acceptance.service.js';
import { MailLinks } from '../link-pages/mail.links.js';
import { invalidOrder } from './erasure.order.js';
import { ErasureService } from './erasure.service.js';

type Confirmation = PosthornEvent<'privacy.confirmation_requested'>;

export interface ConfirmationOrder {
  site: string;
  address: string;
  /** The language of the mail. */
  locale?: string | undefined;
}

export type ResolvedConfirmation = { status: 'genuine'; confirmation: Confirmation; siteName: string } | { status: 'expired' | 'invalid' };

/** Who asks to be forgotten where anybody can type any address is asked at that address first. */
@Injectable()
export class ErasureConfirmations {
  constructor(
    private readonly acceptance: AcceptanceService,
    private readonly erasures: ErasureService,
    private readonly links: MailLinks,
  ) {}

  /** The same whether or not anything is known of the address: the answer must not tell who is. */
  async ask({ site, address, locale }: ConfirmationOrder): Promise<{ id: string }> {
    const { id } = await this.acceptance.accept(confirmationOf(site, { email: address, ...(locale === undefined ? {} : { locale }) }));
    return { id };
  }

  async resolve(token: string): Promise<ResolvedConfirmation> {
    const link = await this.links.resolve(token, 'erase');
    if (link.status !== 'genuine') return link;
    const { event, siteName } = link;
    return event.type === 'privacy.confirmation_requested' ? { status: 'genuine', confirmation: event, siteName } : { status: 'invalid' };
  }

  /** Erases everything of the address, and with it this confirmation, so that its link works once. */
  async follow({ id, site, traceparent, data }: Confirmation): Promise<void> {
    await withTrace(traceparent, 'erase person', { 'posthorn.site': site }, () =>
      this.erasures.erase({ site, address: data.person.email, cause: 'person', causationid: id }),
    );
  }
}

function confirmationOf(site: string, person: Confirmation['data']['person']): Confirmation {
  try {
    return createEvent({ site, type: 'privacy.confirmation_requested', data: { person }, source: '/privacy', traceparent: currentTraceparent() });
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw invalidOrder(error.issues.map((issue) => ({ ...issue, pointer: issue.pointer.replace('/data/person', '') })));
  }
}
