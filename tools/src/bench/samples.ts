import { createEvent, EXAMPLES } from '@posthorn/contracts';

const { person, ...rest } = EXAMPLES['lead.submitted'];

/** What a site sends. `{{who}}` stands for a different person each time. */
export function leadBody(who = '{{who}}'): string {
  return JSON.stringify({ type: 'lead.submitted', data: { ...rest, person: { ...person, email: `${who}@example.com` } } });
}

/** Events as the ingress publishes them, each about a person of its own. */
export function leadEvents(count: number, mark: string): string[] {
  return Array.from({ length: count }, (_, index) => {
    const data = { ...rest, person: { ...person, email: `${mark}-${index}@example.com` } };
    return JSON.stringify(createEvent({ site: 'acme', type: 'lead.submitted', data }));
  });
}

/** Events that take one request to the CRM each. */
export function customerEvents(count: number, mark: string): string[] {
  return Array.from({ length: count }, (_, index) => {
    const data = { person: { ...person, email: `${mark}-${index}@example.com` } };
    return JSON.stringify(createEvent({ site: 'acme', type: 'customer.updated', data }));
  });
}

/** One of each kind that a website sends most. */
export function mixedBodies(): string[] {
  const appointment = { ...EXAMPLES['appointment.booked'], appointmentId: '{{who}}', person: { ...person, email: '{{who}}@example.com' } };
  const order = { ...EXAMPLES['order.paid'], orderId: '{{who}}', person: { ...person, email: '{{who}}@example.com' } };
  return [leadBody(), JSON.stringify({ type: 'appointment.booked', data: appointment }), JSON.stringify({ type: 'order.paid', data: order })];
}

/** What a browser sends of the example's form, each time of another person. `{{n}}` stands for a number. */
export function formBody(): string {
  const fields = new URLSearchParams({ name: 'Jane Roe', email: 'jane.roe.0@example.com', phone: '+49 30 901820', message: 'Two raised beds, please,\r\nand a pear tree.', website: '', send: 'Send' });
  return fields.toString().replace('jane.roe.0', 'jane.roe.{{n}}');
}

/** What WooCommerce sends of an order that is paid, without what no rule reads. `{{n}}` stands for a number. */
export function orderBody(): string {
  const person = { first_name: 'Jane', last_name: 'Roe', company: '', address_1: '1 Mill Lane', city: 'Bath', postcode: 'BA1 1AA', country: 'GB', email: 'jane.roe@example.com', phone: '+44 1225 960000' };
  const line = { id: 1, name: 'Pear tree', product_id: 9, quantity: 2, subtotal: '50.00', total: '50.00', taxes: [], meta_data: [], sku: 'PEAR-1', price: 25 };
  const order = {
    id: '{{n}}', number: '{{n}}', parent_id: 0, status: 'processing', currency: 'GBP', order_key: 'wc_order_{{n}}', total: '54.90', customer_id: 7,
    date_created_gmt: '2026-11-23T09:12:11', date_modified_gmt: '2026-11-23T09:13:02', date_paid_gmt: '2026-11-23T09:13:01',
    billing: person, shipping: person, payment_method: 'card', line_items: [line, { ...line, id: 2, sku: 'PEAR-2' }], tax_lines: [], shipping_lines: [], fee_lines: [], coupon_lines: [], refunds: [],
  };
  return JSON.stringify(order).replace('"id":"{{n}}"', '"id":{{n}}');
}
