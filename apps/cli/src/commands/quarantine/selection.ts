import { COMMON, timeOf } from '../../command.js';

export const OPTIONS = {
  ...COMMON, site: { type: 'string' }, state: { type: 'string' }, type: { type: 'string' }, code: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' },
} as const;

type Values = Partial<Record<'site' | 'state' | 'type' | 'code' | 'from' | 'to', string>>;

/** What is chosen, as ingress wants it. */
export function selectionOf({ site, state, type, code, from, to }: Values): Values {
  return { site, state, type, code, from: timeOf(from, 'quarantine'), to: timeOf(to, 'quarantine') };
}
