/** From one index to another, both included. */
export interface Range {
  from: number;
  to: number;
}

const MOST = 1_000;

/** Indices, added in ascending order and kept as ranges, so that a million of them take no memory. */
export class Ranges {
  readonly list: Range[] = [];
  /** Indices beyond what is listed. */
  unlisted = 0;

  add(from: number, to = from): void {
    const last = this.list.at(-1);
    if (last !== undefined && last.to + 1 === from) last.to = to;
    else if (this.list.length < MOST) this.list.push({ from, to });
    else this.unlisted += to - from + 1;
  }

  has(index: number): boolean {
    return this.list.some(({ from, to }) => from <= index && index <= to);
  }
}
