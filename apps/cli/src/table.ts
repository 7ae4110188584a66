import { stripVTControlCharacters } from 'node:util';

const widthOf = (text: string): number => stripVTControlCharacters(text).length;

/** Columns as wide as they need to be. Cells may be coloured. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)))).join('  ').trimEnd();
  return `${[head, ...rows].map(line).join('\n')}\n`;
}

/** 75 → "1 min 15 s". */
export function duration(seconds: number): string {
  const parts = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const named = ['d', 'h', 'min', 's'].map((unit, index) => ({ unit, value: parts[index] ?? 0 }));
  const first = named.findIndex(({ value }) => value > 0);
  return first === -1 ? '0 s' : named.slice(first, first + 2).filter(({ value }) => value > 0).map(({ unit, value }) => `${value} ${unit}`).join(' ');
}

export const since = (time: string | undefined): string => (time === undefined ? '' : duration(Math.max(0, (Date.now() - Date.parse(time)) / 1_000)));

/** A terminal obeys control characters; what others wrote must not command it. */
export const harmless = (text: string): string => stripVTControlCharacters(text).replace(/\p{Cc}+/gu, ' ');
