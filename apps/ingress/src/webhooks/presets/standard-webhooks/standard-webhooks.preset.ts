import { WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import { SCHEMES } from '@posthorn/webhooks';
import { rulesOf, type WebhookPreset } from '../webhook.preset.js';

/**
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * Says how webhooks are signed and that they have `type`, `timestamp` and `data`, but not what is in the data. Whoever
 * sends our own types with their data is understood; for others a source has rules of its own.
 */
export const standardWebhooks: WebhookPreset = {
  scheme: SCHEMES['standard-webhooks'],
  topic: { pointer: '/type' },
  identity: { header: 'webhook-id' },
  ignore: [],
  rules: rulesOf(WEBSITE_EVENT_TYPES.map((type) => ({ topic: type, type, time: '/timestamp', data: { '': '/data' } }))),
};
