import pc from 'picocolors';
import type { Death } from './keeper.js';
import type { Step } from './stack.js';

interface Line extends Step {
  began: number;
  ended?: number;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Shows what is being started: live lines on a terminal, one line for each finished step elsewhere. */
export class ProgressDisplay {
  private readonly colors: ReturnType<typeof pc.createColors>;
  private readonly lines = new Map<string, Line>();
  private drawn = 0;
  private frame = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.colors = pc.createColors(this.live && process.env['NO_COLOR'] === undefined);
  }

  private get live(): boolean {
    return this.stream.isTTY;
  }

  begin(): void {
    if (this.live) this.timer = setInterval(() => this.draw(), 100);
  }

  /** Draws a last time; what is written from now on is not disturbed. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.live) this.draw();
    this.drawn = 0;
    this.lines.clear();
  }

  step(step: Step): void {
    const before = this.lines.get(step.name);
    const line: Line = { began: before?.began ?? performance.now(), ...step, ...(step.state === 'working' ? {} : { ended: performance.now() }) };
    this.lines.set(step.name, line);
    if (this.live) this.draw();
    else if (step.state !== 'working') this.stream.write(`${this.format(line)}\n`);
    else if (step.detail !== undefined && /install|download/.test(step.detail)) this.stream.write(`${this.format(line)}\n`);
  }

  death({ name, ending, lastLines, againInMs }: Death): void {
    const { red, dim, bold } = this.colors;
    const then = againInMs === undefined ? 'It is not started again.' : `It is started again in ${(againInMs / 1000).toFixed(1)} s.`;
    this.above([`${red('✖')} ${bold(name)} died (${ending}). ${then}`, ...lastLines.map((line) => dim(`    ${line}`))]);
  }

  note(text: string): void {
    this.above([text]);
  }

  // Written above the live lines, which are drawn anew below.
  private above(lines: string[]): void {
    this.erase();
    this.stream.write(`${lines.join('\n')}\n`);
    if (this.timer !== undefined) this.draw();
  }

  private draw(): void {
    this.erase();
    this.frame += 1;
    const width = this.stream.columns > 20 ? this.stream.columns - 1 : 79;
    const lines = [...this.lines.values()].map((line) => this.format(line, width));
    if (lines.length > 0) this.stream.write(`${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }

  private erase(): void {
    if (this.drawn > 0) this.stream.write(`\x1b[${this.drawn}A\x1b[0J`);
    this.drawn = 0;
  }

  private format({ name, state, detail, began, ended }: Line, width = Infinity): string {
    const { green, red, cyan, dim } = this.colors;
    const mark = { done: green('✔'), failed: red('✖'), working: cyan(FRAMES[this.frame % FRAMES.length] ?? '·') }[state];
    const time = `${(((ended ?? performance.now()) - began) / 1000).toFixed(1)} s`.padStart(7);
    const room = width - 24;
    const text = detail ?? (state === 'working' ? 'starting' : '');
    const shown = text.length > room ? `${text.slice(0, Math.max(room - 1, 0))}…` : text;
    return `  ${mark} ${name.padEnd(12)}${dim(time)}  ${state === 'done' ? dim(shown) : shown}`;
  }
}
