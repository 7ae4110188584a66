import type { PosthornEvent } from '@posthorn/contracts';
import type { Enquiry, Person } from '../crm.provider.js';

export function formEnquiry({ id, time, data }: PosthornEvent<'form.submitted'>, person: Person): Enquiry {
  return {
    eventId: id,
    time,
    person,
    subject: `Form: ${data.form}`,
    details: Object.entries(data.fields).map(([label, value]) => ({ label, value: told(value) })),
  };
}

function told(value: string | number | boolean | readonly string[]): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : value.join(', ');
}
