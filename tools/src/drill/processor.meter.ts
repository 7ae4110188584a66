import { cpus } from 'node:os';

interface Times {
  busy: number;
  all: number;
}

/** How busy this machine's processors are, whoever keeps them busy. */
export class ProcessorMeter {
  private last = times();

  /** The share since it was last asked, from 0 to 1. */
  share(): number {
    const now = times();
    const all = now.all - this.last.all;
    const share = all <= 0 ? 0 : (now.busy - this.last.busy) / all;
    this.last = now;
    return Math.min(1, Math.max(0, share));
  }
}

function times(): Times {
  return cpus().reduce<Times>(
    (sum, { times: { user, nice, sys, idle, irq } }) => ({ busy: sum.busy + user + nice + sys + irq, all: sum.all + user + nice + sys + irq + idle }),
    { busy: 0, all: 0 },
  );
}
