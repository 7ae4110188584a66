const DECIMAL = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/i;

/** An exact non-negative decimal: digits × 10^-scale. Money never passes through a binary fraction. */
export class Decimal {
  private constructor(
    private readonly digits: bigint,
    readonly scale: number,
  ) {}

  /** Takes what JSON and the contract allow: `12.50`, or a number's own shortest notation such as `1e-7`. */
  static of(value: string | number): Decimal {
    const match = DECIMAL.exec(String(value));
    if (match === null) throw new RangeError('Not a non-negative decimal');
    const fraction = match[2] ?? '';
    const digits = BigInt(`${match[1] ?? ''}${fraction}`);
    const scale = fraction.length - Number(match[3] ?? 0);
    return scale < 0 ? new Decimal(digits * 10n ** BigInt(-scale), 0) : new Decimal(digits, scale);
  }

  times(other: Decimal): Decimal {
    return new Decimal(this.digits * other.digits, this.scale + other.scale);
  }

  toString(): string {
    const padded = this.digits.toString().padStart(this.scale + 1, '0');
    const whole = padded.slice(0, padded.length - this.scale);
    return this.scale === 0 ? whole : `${whole}.${padded.slice(padded.length - this.scale)}`;
  }
}
