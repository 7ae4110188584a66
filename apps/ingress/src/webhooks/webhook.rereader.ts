import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Draft } from '../admission/draft.js';
import { WebhookReceiver } from './webhook.receiver.js';
import { WebhookSources } from './webhook.sources.js';

const keptDelivery = z.object({ source: z.string(), topic: z.string(), identity: z.string(), payload: z.unknown() });

/** Reads a delivery that was set aside by the rules of today, and under the keys that it would have had by them. */
@Injectable()
export class WebhookRereader {
  constructor(
    private readonly sources: WebhookSources,
    private readonly receiver: WebhookReceiver,
  ) {}

  async reread({ raw }: Draft): Promise<readonly Draft[]> {
    const { data: kept } = keptDelivery.safeParse(raw);
    const source = kept === undefined ? undefined : this.sources.find(kept.source);
    if (kept?.payload === undefined || source === undefined) return [];
    return (await this.receiver.draftsOf(source, { ...kept, unreadable: undefined })) ?? [];
  }
}
