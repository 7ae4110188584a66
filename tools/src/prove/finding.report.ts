import { type Finding } from './proof.js';

export function renderFinding(name: string, { holds, table, complaints }: Finding): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const lines = table.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  return [...lines, '', ...complaints.map((complaint) => `  ✗ ${complaint}`), holds ? `  ${name}: it holds.` : `  ${name}: IT DOES NOT HOLD.`].join('\n');
}

export function reportJson(name: string, values: Readonly<Record<string, number>>, { holds, figures, complaints }: Finding): string {
  return JSON.stringify({ proof: name, holds, ...values, ...figures, complaints });
}
