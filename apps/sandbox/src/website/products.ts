export interface Product {
  sku: string;
  name: string;
  text: string;
  cents: number;
}

export const PRODUCTS: Product[] = [
  { sku: 'PLAN', name: 'Garden plan', text: 'Drawn to scale, with a planting list for every bed.', cents: 18_000 },
  { sku: 'BED', name: 'Raised bed kit', text: 'Larch, 180 × 90 cm, with fleece and screws.', cents: 8_950 },
  { sku: 'HERB', name: 'Herb spiral', text: 'Twelve herbs from our nursery, ready to plant.', cents: 6_400 },
];

const MAX_QUANTITY = 20;

export interface OrderLine {
  sku: string;
  name: string;
  quantity: number;
  price: string;
}

/** The chosen products; a quantity that is no small whole number counts as none. */
export function orderLines(fields: Record<string, string>): OrderLine[] {
  return PRODUCTS.flatMap(({ sku, name, cents }) => {
    const quantity = Number(fields[`quantity-${sku}`] ?? 0);
    const sensible = Number.isInteger(quantity) && quantity > 0 && quantity <= MAX_QUANTITY;
    return sensible ? [{ sku, name, quantity, price: decimal(cents) }] : [];
  });
}

/** Counted in cents, so that no cent is lost. */
export function totalOf(lines: OrderLine[]): string {
  const cents = lines.reduce((sum, line) => sum + line.quantity * (PRODUCTS.find(({ sku }) => sku === line.sku)?.cents ?? 0), 0);
  return decimal(cents);
}

export function decimal(cents: number): string {
  return `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}
