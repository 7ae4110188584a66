import type { Incident } from '../storm/storm.log.js';

export type FaultClass = 'dead' | 'stopped' | 'store' | 'provider';

export const FAULT_CLASSES: Readonly<Record<FaultClass, string>> = {
  dead: 'killed with -9',
  stopped: 'stopped (SIGSTOP)',
  store: 'store wiped, rolled back, consumer deleted',
  provider: 'provider fails: down, slow, hangs, cuts, doubles, 429, 500, garbage',
};

/** What happened, by the colour it has in the picture. */
export function classOf(kind: Incident['kind']): FaultClass {
  if (kind === 'kill' || kind === 'death') return 'dead';
  if (kind === 'stop') return 'stopped';
  return kind === 'wipe' || kind === 'rollback' || kind === 'delete-consumer' ? 'store' : 'provider';
}
