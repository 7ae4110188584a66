import { type World } from '../../cli.context.js';
import { duration } from '../../table.js';
import { count } from './report.js';

const ON_TERMINAL_MS = 500;
const IN_LOG_MS = 10_000;

/** Says on stderr how far a verification is: on one line of a terminal, or now and then in a log. */
export class Progress {
  private readonly began = performance.now();
  private told = this.began;

  constructor(private readonly world: World) {}

  get seconds(): number {
    return (performance.now() - this.began) / 1_000;
  }

  /** `size` is 0 where nobody knows it. */
  at(entries: number, size: number): void {
    const { error } = this.world;
    const now = performance.now();
    if (now - this.told < (error.isTTY === true ? ON_TERMINAL_MS : IN_LOG_MS)) return;
    this.told = now;
    const perSecond = entries / this.seconds;
    const left = size === 0 ? '' : ` of ${count(size)}, ${duration((size - entries) / perSecond)} left`;
    error.write(`${error.isTTY === true ? '\r\u001b[K' : ''}${count(entries)}${left}, ${count(Math.round(perSecond))} entries/s${error.isTTY === true ? '' : '\n'}`);
  }

  end(): void {
    if (this.world.error.isTTY === true) this.world.error.write('\r\u001b[K');
  }
}
