import { RetryableError } from '@posthorn/resilience';
import { type EngineCall } from '../../engine/engine.module.js';

/** Plays both providers, and notes what reaches them. */
export class OutageWatch {
  down = false;
  callsWhileDown = 0;
  mostAtOnce = 0;
  /** Calls in each interval from one opening of the circuit to the next. */
  readonly probes: number[] = [];
  private running = 0;
  private interval: number | undefined;
  private readonly sentAt = new Map<string, number>();
  private delays: number[] = [];

  get awaited(): number {
    return this.sentAt.size;
  }

  sent(who: string): void {
    this.sentAt.set(who, performance.now());
  }

  /** In milliseconds from intake to call, since the last question. */
  takeDelays(): number[] {
    const { delays } = this;
    this.delays = [];
    return delays;
  }

  async called({ connection, who }: EngineCall): Promise<void> {
    if (connection === 'up') {
      this.delays.push(performance.now() - (this.sentAt.get(who) ?? Number.NaN));
      this.sentAt.delete(who);
      return;
    }
    if (this.interval !== undefined && this.down) this.interval += 1;
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    try {
      await new Promise((resolve) => setTimeout(resolve, 2));
    } finally {
      this.running -= 1;
    }
    if (!this.down) return;
    this.callsWhileDown += 1;
    throw new RetryableError('PROVIDER_DOWN', 'The provider is down.');
  }

  turned(state: string): void {
    if (state !== 'open') return;
    if (this.interval !== undefined) this.probes.push(this.interval);
    this.interval = 0;
  }
}
