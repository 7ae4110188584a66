import { createEvent, createOutcome, EXAMPLES, type Outcome, type OutcomeData, type PosthornEvent } from '@posthorn/contracts';

/** One visit to a website: a lead that reaches CRM and mailbox, where the mail is put off once. */
export interface Story {
  lead: PosthornEvent<'lead.submitted'>;
  synced: Outcome;
  deferred: Outcome;
  sent: Outcome;
  all: (PosthornEvent | Outcome)[];
}

export function tellStory(site = 'acme'): Story {
  const lead = createEvent({ site, type: 'lead.submitted', data: EXAMPLES['lead.submitted'] });
  const synced = outcomeOf(lead, 'crm.contact.synced', { service: 'crm-sync', connection: `${site}-hubspot`, action: 'sync-lead', state: 'delivered', externalId: 'hubspot-90210' });
  const mail = { service: 'email', connection: `${site}-mail`, action: 'confirm-lead' };
  const deferred = outcomeOf(lead, 'email.delivery.deferred', { ...mail, state: 'deferred', attempts: 1, error: { code: 'SMTP_BUSY', message: '451 try later' } });
  const sent = outcomeOf(lead, 'email.message.sent', { ...mail, state: 'delivered', attempts: 2, externalId: '<a@posthorn>' });
  return { lead, synced, deferred, sent, all: [lead, synced, deferred, sent] };
}

export function outcomeOf(event: PosthornEvent, type: string, data: Omit<OutcomeData, 'event'>): Outcome {
  return createOutcome({ site: event.site, type, correlationid: event.correlationid, data: { ...data, event: { id: event.id, type: event.type } } });
}
