import pc from 'picocolors';
import type { Progress } from '../drill.js';
import { number } from './report.table.js';

const QUIET_STREAM_EVERY_MS = 10_000;

/** Progress while the drill runs: one living line on a terminal, a line now and then elsewhere. */
export class DrillDisplay {
  private readonly colors: ReturnType<typeof pc.createColors>;
  private shownAt = 0;
  private drawn = false;

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.colors = pc.createColors(stream.isTTY && process.env['NO_COLOR'] === undefined);
  }

  phase(line: string): void {
    this.clear();
    this.stream.write(`  ${this.colors.bold(line)}\n`);
    this.shownAt = 0;
  }

  progress(progress: Progress): void {
    if (!this.stream.isTTY && Date.now() - this.shownAt < QUIET_STREAM_EVERY_MS) return;
    this.shownAt = Date.now();
    const line = this.lineOf(progress);
    if (!this.stream.isTTY) {
      this.stream.write(`${line}\n`);
      return;
    }
    this.clear();
    this.stream.write(line.slice(0, this.stream.columns + 20));
    this.drawn = true;
  }

  end(): void {
    this.clear();
  }

  private lineOf({ phase, elapsedMs, accepted, inFlight, broken, remaining }: Progress): string {
    const { dim, red } = this.colors;
    const time = `${Math.round(elapsedMs / 1_000)} s`.padStart(7);
    if (phase === 'storm') return `${time}  ${number(accepted)} accepted, ${inFlight} trying  ${red(broken.join(', '))}`;
    if (remaining === undefined) return `${time}  ${dim('the database does not answer yet')}`;
    const open = Object.entries(remaining.open).map(([service, count]) => `${service} ${number(count)}`);
    return `${time}  to do: ${inFlight} to accept, ${number(remaining.unrelayed)} to publish, ${open.join(', ')}${remaining.whole === undefined ? '' : `, ${number(Math.max(0, remaining.whole.unrecorded))} to record`}`;
  }

  private clear(): void {
    if (this.drawn) this.stream.write('\r\x1b[2K');
    this.drawn = false;
  }
}
