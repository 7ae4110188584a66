import pc from 'picocolors';
import { type Figure, isMet, ratioOf, type Result } from './figure.js';
import { SIDES } from './rounds.js';

const LEFT_ALIGNED = new Set([0, 4]);

/** One benchmark for people: numbers are right-aligned, so that they compare at a glance. */
export function renderResult({ title, ours, bare, figures, sides = SIDES }: Result, color = false): string {
  const titles = ['', sides.ours, sides.bare, 'ratio', 'aim'];
  const { bold, dim, green, red } = pc.createColors(color);
  const rows = figures.map((figure) => [figure.what, amount(figure.ours, figure.unit), amount(figure.bare, figure.unit), ratio(figure), aim(figure)]);
  const widths = titles.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => pad(cell, widths[column] ?? 0, LEFT_ALIGNED.has(column))).join('   ').trimEnd();
  const named = Math.max(sides.ours.length, sides.bare.length) + 1;
  const marked = (text: string): string => text.replace(/✓$/, green('✓')).replace(/✗$/, red('✗'));
  return [
    bold(title),
    dim(`${`${sides.ours}:`.padEnd(named)} ${ours}`),
    dim(`${`${sides.bare}:`.padEnd(named)} ${bare}`),
    '',
    dim(line(titles)),
    ...rows.map((row) => marked(line(row))),
  ].map((text) => `  ${text}`.trimEnd()).join('\n');
}

export interface Circumstances {
  node: string;
  processor: string;
  cores: number;
  /** Programs that wanted to run on average in the minute before we began. */
  loadBefore: number;
}

/** For programs. */
export function reportJson(results: readonly Result[], circumstances: Circumstances): string {
  const benchmarks = results.map(({ figures, ...about }) => ({
    ...about,
    figures: figures.map((figure) => ({ ...figure, ratio: round(ratioOf(figure)), met: isMet(figure) })),
  }));
  return JSON.stringify({ ...circumstances, benchmarks }, undefined, 2);
}

function ratio(figure: Figure): string {
  const value = ratioOf(figure);
  return Number.isFinite(value) ? value.toFixed(2) : '–';
}

function aim(figure: Figure): string {
  if (figure.aim === undefined) return '';
  const sign = figure.better === 'higher' ? '≥' : '≤';
  const wanted = figure.aim.of === 'ratio' ? figure.aim.value.toFixed(2) : amount(figure.aim.value, figure.unit);
  return `${sign} ${wanted} ${isMet(figure) === true ? '✓' : '✗'}`;
}

function amount(value: number, unit: string): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function pad(text: string, width: number, left: boolean): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
