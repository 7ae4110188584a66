import { type World } from '../../cli.context.js';
import { duration } from '../../table.js';
import { count } from './report.js';

const ON_TERMINAL_MS = 500;
const IN_LOG_MS = 10_000;

/** Says on stderr how far it is: on one line of a terminal, or now and then in a log. */
export class Progress {
  private readonly began = performance.now();
  private told = this.began;

  constructor(private readonly world: World) {}

  get seconds(): number {
    return (performance.now() - this.began) / 1_000;
  }

  /** `size` is 0 where nobody knows it. */
  at(entries: number, size: number): void {
    this.show(() => {
      const perSecond = entries / this.seconds;
      const left = size === 0 ? '' : ` of ${count(size)}, ${duration((size - entries) / perSecond)} left`;
      return `${count(entries)}${left}, ${count(Math.round(perSecond))} entries/s`;
    });
  }

  /** The line is made when it is time for one. */
  show(line: () => string): void {
    const { error } = this.world;
    const now = performance.now();
    if (now - this.told < (error.isTTY === true ? ON_TERMINAL_MS : IN_LOG_MS)) return;
    this.told = now;
    error.write(`${error.isTTY === true ? '\r\u001b[K' : ''}${line()}${error.isTTY === true ? '' : '\n'}`);
  }

  /** What stays. */
  say(line: string): void {
    this.end();
    this.world.error.write(`${line}\n`);
  }

  end(): void {
    if (this.world.error.isTTY === true) this.world.error.write('\r\u001b[K');
  }
}
