export const CONVERSIONS = ['text', 'number', 'decimal', 'minor-units', 'unix-time', 'utc', 'locale', 'upper', 'lower'] as const;
type Conversion = (typeof CONVERSIONS)[number];

/** Not of the kind that a conversion can make something of. Says what it must be, and never what it is. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
}

/** Undefined drops the value, as though it had not been there. Throws ConversionError. */
export function convert(value: unknown, as: Conversion, currency?: unknown): unknown {
  switch (as) {
    case 'text':
      return textOf(value);
    case 'number':
      return numberOf(value);
    case 'decimal':
      return decimalOf(value);
    case 'minor-units':
      return majorUnits(numberOf(value), textOf(currency).toUpperCase());
    case 'unix-time':
      return instantOf(numberOf(value) * 1_000);
    case 'utc':
      return utcOf(textOf(value));
    case 'locale':
      return localeOf(textOf(value));
    case 'upper':
      return textOf(value).toUpperCase();
    case 'lower':
      return textOf(value).toLowerCase();
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ConversionError('must be a text, a number or a boolean');
}

function numberOf(value: unknown): number {
  const number = typeof value === 'string' && /^-?\d{1,20}(?:\.\d{1,20})?$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new ConversionError('must be a number');
}

// A text that is a price already stays as it is; a number loses what is below a hundredth of a cent.
function decimalOf(value: unknown): string {
  if (typeof value === 'string' && /^\d{1,12}(?:\.\d{1,4})?$/.test(value)) return value;
  const number = numberOf(value);
  if (Math.abs(number) >= 1e12) throw new ConversionError('must be less than a million millions');
  return number.toFixed(4).replace(/0{1,2}$/, '');
}

/** https://docs.stripe.com/currencies: the krona and the shilling of Uganda have no decimals, and are written with two all the same. */
const NO_DECIMALS = new Set(['BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF']);
const THREE_DECIMALS = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);

function majorUnits(units: number, currency: string): string {
  if (!Number.isSafeInteger(units)) throw new ConversionError('must be a whole number of the smallest unit of the currency');
  const decimals = NO_DECIMALS.has(currency) ? 0 : THREE_DECIMALS.has(currency) ? 3 : 2;
  const digits = String(Math.abs(units)).padStart(decimals + 1, '0');
  const sign = units < 0 ? '-' : '';
  return decimals === 0 ? sign + digits : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function instantOf(ms: number): string {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) throw new ConversionError('must be a time');
  return time.toISOString();
}

function utcOf(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?$/.test(text)) throw new ConversionError('must be a time without an offset, such as 2026-11-23T09:00:00');
  return instantOf(Date.parse(`${text.replace(' ', 'T')}Z`));
}

// Systems write de_DE, de_DE_formal and "auto": what is no language tag is no reason to refuse an order.
function localeOf(text: string): string | undefined {
  const [tag] = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.exec(text.replaceAll('_', '-')) ?? [];
  return tag;
}
