import type { ServerInfo } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { filterFor, filterOf, lets } from './consumer.filter.js';

const LEAD = 'events.*.lead.submitted';
const BOOKED = 'events.*.appointment.booked';
const MOVED = 'events.*.appointment.rescheduled';
const filters = (version: string, ...subjects: string[]): string[] => filterOf(filterFor(subjects, { info: { version } as ServerInfo }));

describe('what a consumer is delivered', () => {
  it('is named one by one, where the server can', () => {
    for (const version of ['2.10.0', '2.12.12', '2.11.0-RC.1', '3.0.0']) expect(filters(version, LEAD, BOOKED)).toEqual([LEAD, BOOKED]);
  });

  it('is named as one, where the server knows of only one: the narrowest that all are within, or everything', () => {
    for (const version of ['2.9.10', '2.9.25', '']) {
      expect(filters(version, BOOKED)).toEqual([BOOKED]);
      expect(filters(version, BOOKED, MOVED)).toEqual(['events.*.appointment.*']);
      expect(filters(version, BOOKED, 'events.*.appointment.room.moved')).toEqual(['events.*.appointment.>']);
      expect(filters(version, BOOKED, LEAD)).toEqual([]);
    }
  });

  it('is enough when each subject that is wanted is within it', () => {
    expect(lets([], [LEAD])).toBe(true);
    expect(lets([LEAD], [LEAD, BOOKED])).toBe(false);
    expect(lets(['events.*.appointment.*', LEAD], [LEAD, BOOKED, MOVED])).toBe(true);
    expect(lets(['events.*.appointment.*'], ['events.*.appointment.room.moved'])).toBe(false);
    expect(lets(['events.*.appointment.>'], ['events.*.appointment.room.moved', BOOKED])).toBe(true);
    expect(lets(['events.*.appointment.>'], ['events.*.appointment'])).toBe(false);
  });
});
