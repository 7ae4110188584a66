import { expect, it } from 'vitest';
import { Clock } from '../clock.js';
import { HubSpotStore } from './hubspot.store.js';

class MovableClock extends Clock {
  at = Date.parse('2026-11-22T10:00:00Z');
  override now(): number {
    return this.at;
  }
}

const byEmail = (email: string) => ({ filterGroups: [{ filters: [{ propertyName: 'email', operator: 'EQ', value: email }] }] });

it('finds a contact only once its lag has passed, while a read by e-mail finds it at once', () => {
  const clock = new MovableClock();
  const store = new HubSpotStore(clock, 2000);
  store.create('contacts', { email: 'ada@example.org' });

  expect(store.find('contacts', 'ada@example.org', 'email')).toBeDefined();
  clock.at += 1999;
  expect(store.index.search('contacts', byEmail('ada@example.org')).total).toBe(0);
  clock.at += 1;
  expect(store.index.search('contacts', byEmail('ada@example.org')).total).toBe(1);
});

it('shows the old values, and what was deleted, until the lag has passed', () => {
  const clock = new MovableClock();
  const store = new HubSpotStore(clock, 2000);
  const { id } = store.create('contacts', { email: 'ada@example.org', firstname: 'Ada' });
  clock.at += 2000;
  expect(store.index.search('contacts', {}).total).toBe(1);

  store.update('contacts', id, { firstname: 'Augusta' });
  expect(store.index.search('contacts', {}).page[0]?.properties['firstname']).toBe('Ada');
  store.remove('contacts', id);
  expect(store.index.search('contacts', {}).total).toBe(1);
  clock.at += 2000;
  expect(store.index.search('contacts', {}).total).toBe(0);
});

it('filters, sorts and pages', () => {
  const store = new HubSpotStore(new Clock(), 0);
  for (const [name, amount] of [['a', '9'], ['b', '10'], ['c', '11']] as const) store.create('deals', { dealname: name, amount });
  const query = {
    filterGroups: [{ filters: [{ propertyName: 'amount', operator: 'GTE', value: '10' }] }],
    sorts: [{ propertyName: 'amount', direction: 'DESCENDING' }],
    limit: 1,
  };
  const first = store.index.search('deals', query);
  expect(first).toMatchObject({ total: 2, next: '1', page: [{ properties: { dealname: 'c' } }] });
  expect(store.index.search('deals', { ...query, after: first.next })).toMatchObject({ page: [{ properties: { dealname: 'b' } }], next: undefined });
});

it('has nothing of what was deleted for good, not even until the lag has passed', () => {
  const clock = new MovableClock();
  const store = new HubSpotStore(clock, 2000);
  const { id } = store.create('contacts', { email: 'ada@example.org' });
  clock.at += 2000;
  expect(store.index.search('contacts', byEmail('ada@example.org')).total).toBe(1);
  store.update('contacts', id, { firstname: 'Ada' });
  store.erase('contacts', id);
  expect(store.index.search('contacts', byEmail('ada@example.org')).total).toBe(0);
  clock.at += 2000;
  expect(store.index.search('contacts', byEmail('ada@example.org')).total).toBe(0);
});
