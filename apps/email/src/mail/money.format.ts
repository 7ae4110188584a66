import { Decimal } from './decimal.js';
import { numberFormat } from './intl.formats.js';

/** Decimal strings reach Intl as they are: it formats them exactly, without a detour over a float. */
const exact = (value: Decimal): Intl.StringNumericLiteral => value.toString() as Intl.StringNumericLiteral;

/** `12.5 EUR` as `€12.50` or `12,50 €`. Every digit that was given is shown. */
export function formatMoney(amount: string, currency: string, locale: string): string {
  const value = Decimal.of(amount);
  const format = numberFormat(locale, { style: 'currency', currency });
  const usual = format.resolvedOptions().maximumFractionDigits ?? 2;
  if (value.scale <= usual) return format.format(exact(value));
  const digits = { minimumFractionDigits: usual, maximumFractionDigits: value.scale };
  return numberFormat(locale, { style: 'currency', currency, ...digits }).format(exact(value));
}

/** Quantity × price, calculated exactly, rounded half up to the currency's digits only for the eye. */
export function formatLineTotal(quantity: number, price: string, currency: string, locale: string): string {
  const total = Decimal.of(quantity).times(Decimal.of(price));
  return numberFormat(locale, { style: 'currency', currency }).format(exact(total));
}

export function formatQuantity(quantity: number, locale: string): string {
  return numberFormat(locale, { maximumFractionDigits: 20 }).format(exact(Decimal.of(quantity)));
}
