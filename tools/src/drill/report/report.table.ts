import pc from 'picocolors';
import { VERDICTS } from '../checker/verdict.js';
import { busyInWords, type DrillReport, killsInWords, passed, RECOVERY_AIM_MS, recoveryMs } from '../drill.report.js';
import { recoveryStatistics } from './recovery.statistics.js';

const SHOWN_FINDINGS = 12;

export const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
export const duration = (ms: number): string => (ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`);

/** The end of a drill for people. */
export function renderTable(report: DrillReport, color = false): string {
  const { bold, dim, green, red, yellow } = pc.createColors(color);
  const paint = (verdict: string, text: string): string => (verdict === 'ok' || /^ *(0|–)$/.test(text) ? text : verdict === 'unknown' ? yellow(text) : red(text));

  const header = ['', ...VERDICTS];
  const rows = [...Object.entries(report.services), ['events', report.events] as const].map(([name, counts]) => [name, ...VERDICTS.map((verdict) => number(counts[verdict]))]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const cells = (row: readonly string[]): string[] => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  const line = (row: readonly string[]): string => `  ${cells(row).map((cell, column) => paint(VERDICTS[column - 1] ?? 'ok', cell)).join('   ')}`;
  const rule = dim(`  ${'─'.repeat(widths.reduce((sum, width) => sum + width, 0) + 3 * (widths.length - 1))}`);

  const drained = recoveryMs(report);
  const statistics = recoveryStatistics(report.recoveries);
  const kindWidth = Math.max(...statistics.map(({ what }) => what.length), 0);
  return [
    bold(`  Drill: ${report.seconds} s at ${report.rate} events/s, seed ${report.seed}`),
    report.without.length === 0 ? '' : dim(`  without ${report.without.join(', ')}`),
    '',
    dim(`  ${cells(header).join('   ')}`),
    rule,
    ...rows.slice(0, -1).map(line),
    rule,
    ...rows.slice(-1).map(line),
    '',
    `  ${number(report.accepted)} accepted in ${number(report.tries)} tries; ${report.incidents.length} faults; ${number(report.repeatedByPolicy)} mails sent again because nobody knew of the first`,
    `  ${killsInWords(report)}`,
    drained === null ? red('  Not everything was done when the drill stopped waiting.') : (drained > RECOVERY_AIM_MS ? yellow : String)(`  Everything was done ${duration(drained)} after the last fault (aim ${duration(RECOVERY_AIM_MS)}).`),
    `  ${busyInWords(report)}.`,
    '',
    dim(`  ${'felt after its end'.padEnd(kindWidth)}   times   median   longest`),
    ...statistics.map(
      ({ what, times, medianMs, longestMs }) => `  ${what.padEnd(kindWidth)}   ${String(times).padStart(5)}   ${duration(medianMs).padStart(6)}   ${duration(longestMs).padStart(7)}`,
    ),
    '',
    ...report.findings.slice(0, SHOWN_FINDINGS).map(({ verdict, service, action, eventId, type, why }) => `  ${paint(verdict, verdict)} ${service}${action === undefined ? '' : `/${action}`} ${eventId} ${dim(type)}: ${why}`),
    ...(report.findings.length > SHOWN_FINDINGS ? [dim(`  … and ${number(report.findings.length - SHOWN_FINDINGS)} more`)] : []),
    ...report.complaints.map((complaint) => red(`  ${complaint}`)),
    passed(report) ? green(bold('  Passed: nothing lost, nothing doubled, nothing unexplained.')) : red(bold('  FAILED')),
  ]
    .filter((text, index, all) => text !== '' || all[index - 1] !== '')
    .join('\n');
}
