import { calCom } from './cal-com/cal-com.preset.js';
import { calendly } from './calendly/calendly.preset.js';
import { shopify } from './shopify/shopify.preset.js';
import { standardWebhooks } from './standard-webhooks/standard-webhooks.preset.js';
import { stripe } from './stripe/stripe.preset.js';
import type { WebhookPreset } from './webhook.preset.js';
import { woocommerce } from './woocommerce/woocommerce.preset.js';

/** The senders that are known by name. Whoever else signs with HMAC is described in the configuration, under `hmac`. */
export const PRESETS = {
  'standard-webhooks': standardWebhooks,
  woocommerce,
  shopify,
  stripe,
  'cal-com': calCom,
  calendly,
} as const satisfies Record<string, WebhookPreset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as [PresetName, ...PresetName[]];
