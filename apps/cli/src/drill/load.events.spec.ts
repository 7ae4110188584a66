import { EVENTS, type EventType, WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import { describe, expect, it } from 'vitest';
import { eventOf } from './load.events.js';

const events = Array.from({ length: 200 }, (_, index) => eventOf(7, index));

describe('the events of a drill', () => {
  it('are of all types of websites, each as the contract demands', () => {
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(WEBSITE_EVENT_TYPES));
    for (const { type, data } of events) expect(EVENTS[type as EventType].safeParse(data).error).toBeUndefined();
  });

  it('are the same for the same seed, and of other people for another', () => {
    expect(eventOf(7, 3)).toEqual(events[3]);
    expect(eventOf(8, 3)).not.toEqual(events[3]);
  });

  it('are about nobody: every address is under example.com', () => {
    for (const address of JSON.stringify(events).match(/[^"]+@[^"]+/g)!) expect(address).toMatch(/^drill-7-\d+@example\.com$/);
  });
});
