import type { PosthornEvent } from '@posthorn/contracts';
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
      // Who asks later for proof of consent asks for exactly these three.
      detail('Consent', consent && `${consent.purposes.join(', ')} (wording ${consent.wordingVersion}, ${consent.time})`),
      detail('Campaign', campaign && [campaign.source, campaign.medium, campaign.name].filter(Boolean).join(' / ')),
    ].flat(),
  };
}

function detail(label: string, value: string | undefined): Detail[] {
  return value ? [{ label, value }] : [];
}
