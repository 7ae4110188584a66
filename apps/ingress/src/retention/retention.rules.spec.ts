import { describe, expect, it } from 'vitest';
import { RETENTION_TYPES, rulesOf } from './retention.rules.js';

describe('the rules of retention', () => {
  it('are one for all types that are kept equally long', () => {
    expect(rulesOf('acme', { days: 365, types: {} })).toMatchObject([{ site: 'acme', days: 365, types: [...RETENTION_TYPES].sort() }]);
  });

  it('keep for good what is not mentioned', () => {
    expect(rulesOf('acme', { types: { 'lead.submitted': 30 } })).toMatchObject([{ days: 30, types: ['lead.submitted'] }]);
    expect(rulesOf('acme', { types: {} })).toEqual([]);
  });

  it('let a type differ from the others', () => {
    const rules = rulesOf('acme', { days: 365, types: { 'lead.submitted': 30, 'form.submitted': 30, 'order.paid': 3_650 } });
    expect(new Map(rules.map(({ days, types }) => [days, types.length]))).toEqual(new Map([[30, 2], [365, RETENTION_TYPES.length - 3], [3_650, 1]]));
  });

  it('never erase what says that somebody was forgotten, but who asked to be', () => {
    const [rule] = rulesOf('acme', { days: 365, types: {} });
    expect(rule?.types.filter((type) => type.startsWith('privacy.'))).toEqual(['privacy.confirmation_requested']);
  });

  it('have another name when they are about something else', () => {
    const names = [{ days: 30, types: {} }, { days: 31, types: {} }, { days: 30, types: { 'order.paid': 31 } }].flatMap((settings) => rulesOf('acme', settings).map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });
});
