import type { Rig } from './rig.js';

/** What a benchmark works with. */
export interface Measuring {
  rig: Rig;
  /** How long each side is measured. */
  seconds: number;
  progress: (line: string) => void;
}
