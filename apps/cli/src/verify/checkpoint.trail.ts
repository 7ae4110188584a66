import { type Checkpoint } from './checkpoint.js';
import { type Finding, positions } from './finding.js';
import { type Range } from './ranges.js';

interface Comparing {
  checkpoint: Checkpoint;
  older: readonly Checkpoint[];
  /** The roots that were computed at that size. */
  rootsAt: (size: number) => readonly Buffer[];
  reached: number;
  /** Whether what was computed leads to the checkpoint's root. */
  settled: boolean;
}

/** Compares every older checkpoint with the log at its size: a log may grow, and do nothing else. */
export function compareOlder({ checkpoint, older, rootsAt, reached, settled }: Comparing): { findings: Finding[]; agreed: number; between: Range } {
  const findings: Finding[] = [];
  const between = { from: 0, to: checkpoint.size };
  let agreed = 0;
  for (const one of [...older].sort((a, b) => a.size - b.size)) {
    const { size, root, source } = one;
    if (size > checkpoint.size) {
      findings.push({ code: 'LOG_CUT', what: `${source} is signed over ${size} entries; now there are ${checkpoint.size}.`, from: checkpoint.size + 1, to: size });
    } else if (size === checkpoint.size && !root.equals(checkpoint.root)) {
      findings.push({ code: 'LOG_FORKED', what: `${source} and ${checkpoint.source} are both signed over ${size} entries, with different roots.`, from: between.from + 1, to: size });
    } else if (size <= reached && rootsAt(size).some((computed) => computed.equals(root))) {
      agreed += 1;
      if (between.to === checkpoint.size) between.from = size;
    } else if (size <= reached) {
      // A later one cannot say more than the first that does not agree.
      if (settled && between.to === checkpoint.size) findings.push({ code: 'LOG_FORKED', what: `${source} was signed over other entries than those that ${checkpoint.source} begins with: they differ somewhere in ${positions(between.from + 1, size)}.`, from: between.from + 1, to: size });
      between.to = Math.min(between.to, size);
    }
  }
  return { findings, agreed, between };
}
