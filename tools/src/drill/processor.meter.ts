import { cpus } from 'node:os';

/** How busy this machine's processors are, whoever keeps them busy. */
export class ProcessorMeter {
  private last = reading();

  /** The share since it was last asked, from 0 to 1. */
  share(): number {
    const now = reading();
    const elapsedMs = now.atMs - this.last.atMs;
    const share = elapsedMs <= 0 ? 0 : (now.busyMs - this.last.busyMs) / (elapsedMs * now.processors);
    this.last = now;
    return Math.min(1, Math.max(0, share));
  }
}

// Beside the clock and not beside `idle`: on Linux the time in which a processor waits for the disk is in neither.
function reading(): { busyMs: number; atMs: number; processors: number } {
  const processors = cpus();
  const busyMs = processors.reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
  return { busyMs, atMs: performance.now(), processors: processors.length };
}
