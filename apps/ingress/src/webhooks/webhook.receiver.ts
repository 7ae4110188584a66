import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '@posthorn/http';
import { type SignedDelivery, verifyDelivery } from '@posthorn/webhooks';
import { AdmissionService, quarantineFull } from '../admission/admission.service.js';
import type { Draft } from '../admission/draft.js';
import { Quarantine } from '../quarantine/quarantine.service.js';
import { draftsOf, unmappedDraft } from './delivery.drafts.js';
import { type ReadDelivery, readDelivery } from './delivery.reader.js';
import { type MappedEvent, mapDelivery } from './mapping/delivery.mapper.js';
import { valueAt, writeAt } from './mapping/json.places.js';
import { WebhookLineage } from './webhook.lineage.js';
import { unauthentic } from './webhook.problems.js';
import type { WebhookSource } from './webhook.sources.js';
import { type DeliveryResult, WEBHOOK_CLOCK, WebhookWatch } from './webhook.watch.js';

/** What became of a delivery; `events` are those that there are of it, in the ledger or waiting for a decision. */
export interface Receipt {
  result: Exclude<DeliveryResult, 'unauthentic' | 'failed'>;
  events: string[];
}

/** Takes deliveries: verifies, maps, and lets what they say through the one door. */
@Injectable()
export class WebhookReceiver {
  constructor(
    private readonly admission: AdmissionService,
    private readonly quarantine: Quarantine,
    private readonly lineage: WebhookLineage,
    private readonly watch: WebhookWatch,
    @Inject(WEBHOOK_CLOCK) private readonly now: () => number,
  ) {}

  /** Resolves strictly after the commit of everything the delivery says. Throws the problem of one that is not genuine. */
  async receive(source: WebhookSource, delivery: SignedDelivery, fields?: unknown): Promise<Receipt> {
    const { preset, secrets, toleranceSeconds } = source;
    const verdict = verifyDelivery(preset.scheme, delivery, { secrets, toleranceSeconds, now: this.now() });
    if (!verdict.genuine) {
      this.watch.note(source, 'unauthentic');
      throw unauthentic(verdict.fault, preset.scheme);
    }
    try {
      const receipt = await this.take(source, readDelivery(preset, delivery, fields));
      this.watch.note(source, receipt.result);
      return receipt;
    } catch (error) {
      this.watch.note(source, 'failed');
      throw error;
    }
  }

  private async take(source: WebhookSource, delivery: ReadDelivery): Promise<Receipt> {
    const { topic, payload } = delivery;
    if (source.preset.ignore.includes(topic)) return { result: 'passed-over', events: [] };
    if (payload === undefined) return this.setAside(source, delivery, 'webhook-unreadable', 'is not JSON that can be read');
    const drafts = await this.draftsOf(source, delivery);
    if (drafts === undefined) return this.setAside(source, delivery, 'webhook-unmapped', 'has no rule for this topic');
    return drafts.length === 0 ? { result: 'passed-over', events: [] } : this.admitAll(drafts);
  }

  /** What a delivery says; undefined where no rule knows its topic. */
  async draftsOf(source: WebhookSource, delivery: ReadDelivery): Promise<Draft[] | undefined> {
    const mapping = mapDelivery(source.preset.rules, delivery.topic, delivery.payload);
    if (!mapping.known) return undefined;
    await Promise.all(mapping.events.map((event) => this.traceOrigin(source, event, delivery.payload)));
    return draftsOf(source, delivery, mapping.events);
  }

  private async traceOrigin({ id }: WebhookSource, { rule: { lineage }, data }: MappedEvent, payload: unknown): Promise<void> {
    if (lineage === undefined) return;
    const origin = await this.lineage.originOf(id, valueAt(payload, lineage.id), lineage.follows === undefined ? undefined : valueAt(payload, lineage.follows));
    if (origin !== undefined) writeAt(data, lineage.to, origin);
  }

  private async admitAll(drafts: readonly Draft[]): Promise<Receipt> {
    const admissions: { id: string; result: Receipt['result'] }[] = [];
    for (const draft of drafts) admissions.push(await this.admit(draft));
    const all = (wanted: Receipt['result']): boolean => admissions.every(({ result }) => result === wanted);
    const result = all('repeated') ? 'repeated' : all('accepted') || !admissions.some((each) => each.result === 'set-aside') ? 'accepted' : 'set-aside';
    return { result, events: admissions.filter((each) => each.result !== 'set-aside').map(({ id }) => id) };
  }

  /** What is refused is kept with its reasons. Its sender would send it again just as it is, and give up in the end. */
  private async admit(draft: Draft): Promise<{ id: string; result: Receipt['result'] }> {
    try {
      const { id, replayed } = await this.admission.admit(draft);
      return { id, result: replayed ? 'repeated' : 'accepted' };
    } catch (error) {
      const kept = error instanceof Problem ? error.toJSON()['quarantineId'] : undefined;
      if (typeof kept !== 'string') throw error;
      return { id: kept, result: 'set-aside' };
    }
  }

  private async setAside(source: WebhookSource, delivery: ReadDelivery, code: string, message: string): Promise<Receipt> {
    const { status } = await this.quarantine.setAside({ state: 'unmapped', draft: unmappedDraft(source, delivery), code, reasons: [{ pointer: '', rule: 'unmapped', message }] });
    if (status === 'full') throw quarantineFull();
    return { result: status === 'kept' ? 'set-aside' : 'repeated', events: [] };
  }
}
