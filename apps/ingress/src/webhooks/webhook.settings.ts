import { SITE_ID } from '@posthorn/contracts';
import { schemeOf, secretFault, type SignatureScheme } from '@posthorn/webhooks';
import { z } from 'zod';
import { mappingRule } from './mapping/mapping.schema.js';
import { PRESET_NAMES, PRESETS } from './presets/preset.catalogue.js';
import type { WebhookPreset } from './presets/webhook.preset.js';

const headerName = z.string().max(100).regex(/^[A-Za-z0-9-]+$/, 'must be the name of a header');
const place = z.union([z.strictObject({ header: headerName.transform((name) => name.toLowerCase()) }), z.strictObject({ pointer: z.string().max(500).regex(/^\//, 'must be a JSON pointer such as /type') })]);

/** How somebody signs who is not known by name. */
const signature = z.strictObject({
  header: headerName,
  algorithm: z.enum(['sha256', 'sha512']).default('sha256'),
  encoding: z.enum(['hex', 'base64']).default('hex'),
  /** `pairs` for t=…,v1=…; `versions` for v1,… */
  layout: z.enum(['plain', 'pairs', 'versions']).default('plain'),
  prefix: z.string().max(50).optional(),
  /** Joined by dots. */
  signed: z.array(z.enum(['id', 'timestamp', 'body'])).min(1).max(3).refine((parts) => parts.includes('body'), 'must have the body').default(['body']),
  timestampHeader: headerName.optional(),
  idHeader: headerName.optional(),
  secretFormat: z.enum(['text', 'base64', 'hex']).default('text'),
});

/** One source of webhooks of a site. */
export const webhookSource = z
  .strictObject({
    preset: z.enum([...PRESET_NAMES, 'hmac']),
    /** Any of them may have signed: two while one is being replaced. */
    secrets: z.array(z.string()).min(1).max(4),
    /** How far the clock of a signature may be off. */
    toleranceSeconds: z.int().min(10).max(3_600).default(300),
    /** Say so when nothing has come for so long. */
    quietAfterHours: z.number().min(1).max(8_760).optional(),
    signature: signature.optional(),
    topic: place.optional(),
    /** Before those of the preset: a topic that is named here is theirs alone. */
    rules: z.array(mappingRule).max(100).default([]),
    /** Topics that are answered and forgotten. */
    ignore: z.array(z.string().min(1).max(200)).max(200).default([]),
  })
  .superRefine((source, context) => {
    const problem = (path: PropertyKey[], message: string): void => context.addIssue({ code: 'custom', path, message });
    if (source.preset === 'hmac' && source.signature === undefined) {
      problem(['signature'], 'must say how the sender signs, for the preset hmac');
      return;
    }
    if (source.preset !== 'hmac') {
      if (source.signature !== undefined) problem(['signature'], `is of the preset hmac; ${source.preset} signs in one way only`);
      if (source.topic !== undefined) problem(['topic'], `is of the preset hmac; ${source.preset} has a place for it`);
    }
    const { signed = [], timestampHeader, idHeader, layout } = source.signature ?? {};
    if (signed.includes('timestamp') && timestampHeader === undefined && layout !== 'pairs') problem(['signature', 'timestampHeader'], 'must be given where the time is signed');
    if (signed.includes('id') && idHeader === undefined) problem(['signature', 'idHeader'], 'must be given where the id is signed');
    source.secrets.forEach((secret, index) => {
      const fault = secretFault(schemeFor(source), secret);
      if (fault !== undefined) problem(['secrets', index], fault);
    });
  });

export const webhookSources = z.record(z.string().regex(SITE_ID, 'must be lower-case letters, digits and hyphens'), webhookSource);

export type WebhookSettings = z.infer<typeof webhookSource>;

/** Everything that is known of a source's sender: its preset, and what the settings add to it. */
export function presetFor(settings: WebhookSettings): WebhookPreset {
  const { preset, topic, rules, ignore, signature: given } = settings;
  const own = new Set(rules.flatMap((rule) => rule.topic ?? []));
  const base: WebhookPreset = preset === 'hmac' ? { scheme: schemeFor(settings), topic, identity: given?.idHeader === undefined ? 'body' : { header: given.idHeader.toLowerCase() }, rules: [], ignore: [] } : PRESETS[preset];
  const others = base.rules.flatMap((rule) => {
    const left = rule.topic === undefined ? undefined : [rule.topic].flat().filter((each) => !own.has(each));
    return left?.length === 0 ? [] : [{ ...rule, topic: left }];
  });
  return { ...base, rules: [...rules, ...others], ignore: [...base.ignore, ...ignore] };
}

function schemeFor({ preset, signature: given }: Pick<WebhookSettings, 'preset' | 'signature'>): SignatureScheme {
  if (preset !== 'hmac') return PRESETS[preset].scheme;
  const { secretFormat, ...rest } = given ?? { header: 'unknown', secretFormat: 'text' as const };
  return schemeOf({ ...rest, secret: secretFormat });
}
