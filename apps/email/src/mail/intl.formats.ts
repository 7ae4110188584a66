/** Languages and time zones come with events, so that there is no end to them. */
const KEPT = 500;

/** Intl's formats, each made once: making one takes a hundred times as long as using it. */
class Formats<O, F> {
  private readonly made = new Map<string, F>();

  constructor(private readonly make: (locale: string, options: O) => F) {}

  of(locale: string, options: O): F {
    const key = `${locale} ${JSON.stringify(options)}`;
    const known = this.made.get(key);
    if (known !== undefined) return known;
    if (this.made.size >= KEPT) this.made.clear();
    const format = this.make(locale, options);
    this.made.set(key, format);
    return format;
  }
}

const dates = new Formats((locale: string, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options));
const numbers = new Formats((locale: string, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options));

export const dateFormat = (locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => dates.of(locale, options);
export const numberFormat = (locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat => numbers.of(locale, options);
