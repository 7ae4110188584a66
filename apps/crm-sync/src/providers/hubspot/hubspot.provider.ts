import type { ReportRateLimit } from '@posthorn/resilience';
import type { CrmCall, CrmProvider, Enquiry, Erased, Order, Person, PersonChange, Recorded, Subscription, Traces } from '../../crm.provider.js';
import { HubSpotClient, type HubSpotRecord, type Properties } from './hubspot.client.js';
import { HubSpotEraser } from './hubspot.eraser.js';
import { RefusedPropertiesError } from './hubspot.errors.js';
import { contactId, contactProperties, dealProperties, noteProperties, subscriptionProperty } from './hubspot.mapping.js';
import { DEAL, NOTE } from './hubspot.marks.js';
import type { HubSpotOptions } from './hubspot.options.js';
import { HubSpotSchema } from './hubspot.schema.js';

interface UpsertedContact {
  id: string;
  facts: Record<string, string | boolean>;
}

/** The real HubSpot; the sandbox speaks the same protocol, so there is no second adapter for it. */
export class HubSpotProvider implements CrmProvider {
  private readonly client: HubSpotClient;
  private readonly schema: HubSpotSchema;
  private readonly eraser: HubSpotEraser;

  constructor(
    private readonly options: HubSpotOptions,
    traceHeaders: () => Record<string, string>,
    reportRateLimit: ReportRateLimit = () => undefined,
  ) {
    this.client = new HubSpotClient(options, traceHeaders, reportRateLimit);
    this.schema = new HubSpotSchema(this.client);
    this.eraser = new HubSpotEraser(this.client);
  }

  async upsertPerson({ person, previousEmail }: PersonChange, { signal }: CrmCall): Promise<Recorded> {
    if (previousEmail && contactId(previousEmail) !== contactId(person.email)) {
      const moved = await this.changeEmail(previousEmail, person, signal);
      if (moved) return moved;
    }
    const contact = await this.upsertContact(person, signal);
    return { externalId: contact.id, facts: contact.facts };
  }

  async recordEnquiry(enquiry: Enquiry, { signal }: CrmCall): Promise<Recorded> {
    const contact = await this.upsertContact(enquiry.person, signal);
    const note = await this.upsertMarked(NOTE, enquiry.eventId, noteProperties(enquiry), signal);
    await this.client.associateContact(NOTE.object, note.id, contact.id, signal);
    return { externalId: note.id, facts: { ...contact.facts, contactId: contact.id } };
  }

  async recordOrder(order: Order, { signal }: CrmCall): Promise<Recorded> {
    const contact = await this.upsertContact(order.person, signal);
    const properties = dealProperties(order, { pipeline: this.options.dealPipeline, stage: this.options.dealStage });
    const deal = await this.upsertMarked(DEAL, order.orderKey, properties, signal);
    await this.client.associateContact(DEAL.object, deal.id, contact.id, signal);
    return { externalId: deal.id, facts: { ...contact.facts, contactId: contact.id } };
  }

  async setSubscription(subscription: Subscription, { signal }: CrmCall): Promise<Recorded> {
    const name = subscriptionProperty(subscription.list);
    const property = { object: 'contacts', name, label: `Newsletter: ${subscription.list}`, unique: false };
    const contact = await this.schema.with(property, signal, () =>
      this.upsertContact(subscription.person, signal, { [name]: subscription.state }),
    );
    return { externalId: contact.id, facts: { ...contact.facts, list: subscription.list, subscription: subscription.state } };
  }

  erase(traces: Traces, { signal }: CrmCall): Promise<Erased> {
    return this.eraser.erase(traces, signal);
  }

  async check({ signal }: CrmCall): Promise<void> {
    await this.client.readOneContact(signal);
  }

  /**
   * Undefined where the old address belongs to nobody (any more): then the new one is simply upserted, which
   * is also how a repeat ends. Where both addresses have a contact of their own, the two are left apart:
   * HubSpot's merge cannot be undone, and a site's word is not enough for it.
   */
  private async changeEmail(previousEmail: string, person: Person, signal: AbortSignal): Promise<Recorded | undefined> {
    const moved = await this.tolerant(contactProperties(person), (properties) =>
      this.client.updateContact(contactId(previousEmail), properties, signal),
    );
    if (moved.record === undefined) return undefined;
    if (moved.record !== 'taken') return { externalId: moved.record.id, facts: { ...moved.facts, emailChanged: true } };
    const contact = await this.upsertContact(person, signal);
    return { externalId: contact.id, facts: { ...contact.facts, previousContactKept: true } };
  }

  /** Upserts a record by our own unique mark, so that a repeat finds the record it made before. */
  private upsertMarked(kind: typeof NOTE | typeof DEAL, id: string, properties: Properties, signal: AbortSignal): Promise<HubSpotRecord> {
    return this.schema.with({ object: kind.object, name: kind.mark, label: kind.label, unique: true }, signal, () =>
      this.client.upsert(kind.object, kind.mark, id, { ...properties, [kind.mark]: id }, signal),
    );
  }

  private async upsertContact(person: Person, signal: AbortSignal, extra: Properties = {}): Promise<UpsertedContact> {
    const email = contactId(person.email);
    const { record, facts } = await this.tolerant({ ...contactProperties(person), ...extra }, (properties) =>
      this.client.upsert('contacts', 'email', email, properties, signal),
    );
    return { id: record.id, facts: { ...facts, ...createdFact(record) } };
  }

  /**
   * A telephone number that HubSpot dislikes must not cost the site its lead: what is refused by name is left
   * out, once, and told as a fact. The e-mail address and our own marks cannot be left out.
   */
  private async tolerant<R>(properties: Properties, write: (properties: Properties) => Promise<R>): Promise<{ record: R; facts: Record<string, string> }> {
    try {
      return { record: await write(properties), facts: {} };
    } catch (error) {
      if (!(error instanceof RefusedPropertiesError)) throw error;
      const refused = error.properties.filter((name) => name in properties);
      if (refused.length === 0 || refused.some((name) => name === 'email' || name.startsWith('posthorn_'))) throw error;
      const kept = Object.fromEntries(Object.entries(properties).filter(([name]) => !refused.includes(name)));
      return { record: await write(kept), facts: { leftOut: refused.join(',') } };
    }
  }
}

function createdFact(record: HubSpotRecord): Record<string, boolean> {
  return record.new === undefined ? {} : { contactCreated: record.new };
}
