import { type DeliveryFilter } from '@posthorn/contracts';

/** Gathers conditions and their parameters: values never become part of a statement's text. */
export class Criteria {
  readonly params: unknown[] = [];
  private readonly conditions: string[] = [];

  /** `$` in the condition stands for the value. */
  add(condition: string, value: unknown): this {
    if (value !== undefined) this.conditions.push(condition.replace('$', this.param(value)));
    return this;
  }

  param(value: unknown): string {
    this.params.push(value);
    return `$${this.params.length}`;
  }

  raw(condition: string): this {
    this.conditions.push(condition);
    return this;
  }

  toString(): string {
    return this.conditions.length === 0 ? 'true' : this.conditions.join(' AND ');
  }
}

/** All of a filter but its states. An event's id begins with its time, so a range of times is a range of ids. */
export function criteriaOf(filter: DeliveryFilter): Criteria {
  return new Criteria()
    .add('d.site = $', filter.site)
    .add('d.type = $', filter.type)
    .add('d.connection = $', filter.connection)
    .add('d.error_code = $', filter.errorCode)
    .add('d.event_id = $', filter.eventId)
    .add('d.id = ANY($::uuid[])', filter.ids)
    .add('d.event_id >= $::uuid', filter.from && leastIdAt(filter.from))
    .add('d.event_id < $::uuid', filter.to && leastIdAt(filter.to));
}

/** The smallest UUID with this time in its first 48 bits. */
export function leastIdAt(time: string): string {
  const ms = Math.max(0, Math.ceil(Date.parse(time)));
  const hex = Math.min(ms, 0xffff_ffff_ffff).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
