/** One line of the report: what we measured, beside what the bare way does in the same run. */
export interface Figure {
  what: string;
  unit: string;
  ours: number;
  bare: number;
  /** Of a rate more is better, of a time or a size less. */
  better: 'higher' | 'lower';
  aim?: Aim;
}

/** What we want to reach, and by which number. */
export interface Aim {
  of: 'ratio' | 'ours';
  value: number;
}

export interface Result {
  name: string;
  title: string;
  /** What was measured and what it is compared with, for a reader who has not seen the code. */
  ours: string;
  bare: string;
  /** How the two sides are called, where they are not Posthorn and a bare program. */
  sides?: { ours: string; bare: string };
  figures: Figure[];
}

export function ratioOf({ ours, bare }: Figure): number {
  return ours / bare;
}

/** Undefined where nothing is aimed at. */
export function isMet(figure: Figure): boolean | undefined {
  const { aim, better } = figure;
  if (aim === undefined) return undefined;
  const reached = aim.of === 'ratio' ? ratioOf(figure) : figure.ours;
  return better === 'higher' ? reached >= aim.value : reached <= aim.value;
}

/** The smallest value that at least this share of the values does not exceed. NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? Number.NaN) + upper) / 2;
}
