import { z } from 'zod';

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** A decimal amount as a string, so that no cent is lost to binary fractions. */
export const amount = z.string().regex(/^(?:0|[1-9]\d{0,11})(?:\.\d{1,4})?$/, 'must be a decimal string such as 12.50');

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as EUR')
  .refine((code) => currencies.has(code), { error: 'is not a currency of ISO 4217', params: { rule: 'currency' } });

export const money = z.strictObject({ amount, currency });
