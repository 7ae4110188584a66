import type { Consent, PosthornEvent } from '@posthorn/contracts';
import type { Detail, Enquiry } from '../crm.provider.js';

export function leadEnquiry({ id, time, data }: PosthornEvent<'lead.submitted'>): Enquiry {
  const { person, message, form, page, consent, campaign } = data;
  return {
    eventId: id,
    time,
    person,
    subject: form ? `Enquiry: ${form}` : 'Enquiry',
    message,
    details: [
      detail('Page', page),
      // Who asks later for proof of consent asks for exactly these four.
      detail('Consent', consent && proofOf(consent)),
      detail('Campaign', campaign && [campaign.source, campaign.medium, campaign.name].filter(Boolean).join(' / ')),
    ].flat(),
  };
}

function proofOf({ purposes, wordingVersion, time, way }: Consent): string {
  return `${purposes.join(', ')} (wording ${wordingVersion}, ${time}${way === undefined ? '' : `, ${way}`})`;
}

function detail(label: string, value: string | undefined): Detail[] {
  return value ? [{ label, value }] : [];
}
