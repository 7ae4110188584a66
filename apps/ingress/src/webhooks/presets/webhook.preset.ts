import type { SignatureScheme } from '@posthorn/webhooks';
import { type MappingRule, mappingRule, type WrittenRule } from '../mapping/mapping.schema.js';

/** Where something stands that is not in the data. */
export type Place = { header: string } | { pointer: string };

/** What is known of a sender of webhooks: how it signs, how it tells deliveries apart, and what its payloads say in our words. */
export interface WebhookPreset {
  scheme: SignatureScheme;
  /** What a delivery is about, as the sender calls it. */
  topic: Place | undefined;
  /** By what a repetition is known. Only what is signed will do: else whoever has seen a delivery can send it again as another. */
  identity: Place | 'body';
  rules: readonly MappingRule[];
  /** Topics that say nothing about the site: tests, above all. */
  ignore: readonly string[];
  /** It tries the address with a form nobody has signed, and wants to hear 200. */
  pingsWithForm?: boolean;
}

/** Checks a preset's rules like those of a configuration, when the program starts. */
export function rulesOf(written: readonly WrittenRule[]): readonly MappingRule[] {
  return mappingRule.array().parse(written);
}
