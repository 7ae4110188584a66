import { type Output } from '../cli.context.js';

const QUIET_EVERY_MS = 10_000;

/** One living line on a terminal, a line now and then elsewhere. */
export class ProgressDisplay {
  private shownAt = -QUIET_EVERY_MS;
  private drawn = false;

  constructor(private readonly output: Output) {}

  /** What stays: a phase, a fault. */
  say(line: string): void {
    this.clear();
    this.output.write(`${line}\n`);
  }

  show(line: string): void {
    const living = this.output.isTTY === true;
    if (!living && performance.now() - this.shownAt < QUIET_EVERY_MS) return;
    this.shownAt = performance.now();
    this.clear();
    this.output.write(living ? line : `${line}\n`);
    this.drawn = living;
  }

  clear(): void {
    if (this.drawn) this.output.write('\r\u001b[2K');
    this.drawn = false;
  }
}
