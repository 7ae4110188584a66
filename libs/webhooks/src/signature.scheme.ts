/** How a sender signs its webhooks: data, so that one function verifies all of them. */
export interface SignatureScheme {
  /** Of the signature; lower case, like every name of a header here. */
  header: string;
  algorithm: 'sha256' | 'sha512';
  encoding: 'base64' | 'hex';
  /** The header is `plain` (the signature alone), `pairs` (`t=<seconds>,v1=<signature>`) or `versions` (`v1,<signature>`, several by spaces). */
  layout: 'plain' | 'pairs' | 'versions';
  /** Stands before a plain signature, such as `sha256=`. */
  prefix?: string;
  /** What is signed, joined by dots. */
  signed: readonly SignedPart[];
  /** Unix seconds. In `pairs` the time stands in the header itself. */
  timestampHeader?: string;
  /** Tells deliveries apart. Signed only where `signed` says so. */
  idHeader?: string;
  /** How the secret is written; `base64` may begin with `whsec_`. */
  secret: 'text' | 'base64' | 'hex';
}

export type SignedPart = 'id' | 'timestamp' | 'body';

/** The vendors whose scheme is known by name. */
export const SCHEMES = {
  /** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
  'standard-webhooks': {
    header: 'webhook-signature', algorithm: 'sha256', encoding: 'base64', layout: 'versions', signed: ['id', 'timestamp', 'body'],
    timestampHeader: 'webhook-timestamp', idHeader: 'webhook-id', secret: 'base64',
  },
  /** https://developer.woocommerce.com/docs/best-practices/urls-and-routing/webhooks/ */
  woocommerce: {
    header: 'x-wc-webhook-signature', algorithm: 'sha256', encoding: 'base64', layout: 'plain', signed: ['body'],
    idHeader: 'x-wc-webhook-delivery-id', secret: 'text',
  },
  /** https://shopify.dev/docs/apps/build/webhooks/subscribe/https */
  shopify: {
    header: 'x-shopify-hmac-sha256', algorithm: 'sha256', encoding: 'base64', layout: 'plain', signed: ['body'],
    idHeader: 'x-shopify-webhook-id', secret: 'text',
  },
  /** https://docs.stripe.com/webhooks/signature */
  stripe: { header: 'stripe-signature', algorithm: 'sha256', encoding: 'hex', layout: 'pairs', signed: ['timestamp', 'body'], secret: 'text' },
  /** https://cal.com/docs/developing/guides/automation/webhooks */
  'cal-com': { header: 'x-cal-signature-256', algorithm: 'sha256', encoding: 'hex', layout: 'plain', signed: ['body'], secret: 'text' },
  /** https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures */
  calendly: { header: 'calendly-webhook-signature', algorithm: 'sha256', encoding: 'hex', layout: 'pairs', signed: ['timestamp', 'body'], secret: 'text' },
} as const satisfies Record<string, SignatureScheme>;

export type VendorName = keyof typeof SCHEMES;

/** What a setting may leave out of the generic scheme. */
export type SchemeSettings = Pick<SignatureScheme, 'header'> & Partial<Omit<SignatureScheme, 'header'>>;

/** A scheme nobody has named: HMAC-SHA256 of the body in hex unless it says otherwise. */
export function schemeOf(settings: SchemeSettings): SignatureScheme {
  const { header, timestampHeader, idHeader, ...rest } = settings;
  return {
    algorithm: 'sha256',
    encoding: 'hex',
    layout: 'plain',
    signed: ['body'],
    secret: 'text',
    ...rest,
    header: header.toLowerCase(),
    timestampHeader: timestampHeader?.toLowerCase(),
    idHeader: idHeader?.toLowerCase(),
  };
}
