import { type Colour, painter, type World } from '../cli.context.js';
import { harmless, table } from '../table.js';
import { type StagingDrill } from './drill.options.js';
import { type FaultRun } from './fault.runner.js';
import { type Counts, type Finding, type Judgement, VERDICTS } from './judge.js';
import { type LoadClient } from './load.client.js';

const SHOWN_FINDINGS = 20;
const COLOURS: Record<string, Colour> = { held: 'magenta', unknown: 'magenta', dead: 'yellow' };

export interface DrillReport {
  passed: boolean;
  url: string;
  seconds: number;
  rate: number;
  seed: number;
  /** The correlation id of every event of this drill. */
  correlationid: string;
  accepted: number;
  tries: number;
  delivered: number;
  held: number;
  unknown: number;
  dead: number;
  duplicates: number;
  unexplained: number;
  lost: number;
  /** From the end of the load and the last fault until nothing was left to do; null when patience ended first. */
  recoveryMs: number | null;
  acceptMs: { p50: number; p99: number } | null;
  services: Record<string, Counts>;
  faults: readonly FaultRun[];
  findings: readonly Finding[];
}

interface Ran {
  drill: StagingDrill;
  run: string;
  client: LoadClient;
  judgement: Judgement;
  recoveryMs: number | null;
  faults: readonly FaultRun[];
}

export function reportOf({ drill, run, client, judgement, recoveryMs, faults }: Ran): DrillReport {
  const { seconds, rate, seed, ingress } = drill;
  const { events, services, findings } = judgement;
  const { ok: delivered, duplicate: duplicates, held, unknown, dead, unexplained, lost } = events;
  const accepted = client.accepted.length;
  // Nothing accepted proves nothing.
  const passed = accepted > 0 && lost === 0 && duplicates === 0 && unexplained === 0;
  const acceptMs = percentiles(client.accepted.map(({ waitedMs }) => waitedMs));
  return {
    passed, url: ingress.url, seconds, rate, seed, correlationid: run, accepted, tries: client.tries, delivered, held, unknown, dead, duplicates, unexplained, lost,
    recoveryMs: recoveryMs === null ? null : Math.round(recoveryMs), acceptMs, services, faults, findings,
  };
}

function percentiles(waits: readonly number[]): DrillReport['acceptMs'] {
  if (waits.length === 0) return null;
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
}

/** The end of a drill for people. */
export function shown(report: DrillReport, world: World): string {
  const paint = painter(world);
  const { services, findings, faults, acceptMs, recoveryMs } = report;
  const cell = (verdict: string, count: number): string => (count === 0 || verdict === 'ok' ? String(count) : paint(COLOURS[verdict] ?? 'red', String(count)));
  const rows = Object.entries(services).map(([name, counts]) => [name, ...VERDICTS.map((verdict) => cell(verdict, counts[verdict]))]);
  const { delivered, held, unknown, dead, duplicates, unexplained, lost } = report;
  rows.push(['events', ...[delivered, held, unknown, dead, duplicates, unexplained, lost].map((count, column) => cell(VERDICTS[column] ?? '', count))]);
  const told = findings.slice(0, SHOWN_FINDINGS).map(({ verdict, service, work, eventId, type, why }) => {
    const where = [service, work].filter((part) => part !== undefined).join(' ');
    return `${paint(COLOURS[verdict] ?? 'red', verdict)}  ${where}${type === undefined ? '' : `, ${type}`}: ${harmless(why)}\n${eventId === undefined ? '' : `    posthorn trace ${eventId}\n`}`;
  });
  return [
    `Drill of ${report.seconds} s at ${report.rate} events/s, seed ${report.seed}; every event has the correlation id ${report.correlationid}\n\n`,
    table(['', ...VERDICTS.map((verdict) => verdict.toUpperCase())], rows),
    `\n${report.accepted} accepted in ${report.tries} tries${acceptMs === null ? '' : `; half of them within ${acceptMs.p50} ms, 99 % within ${acceptMs.p99} ms`}\n`,
    recoveryMs === null ? `${paint('red', 'Not everything was done when patience ended.')}\n` : `Everything was done ${(recoveryMs / 1_000).toFixed(1)} s after the load and the last fault.\n`,
    faults.length === 0 ? '' : `\n${table(['AFTER', 'TOOK', 'EXIT', 'FAULT', 'SAID'], faults.map(faultRow))}`,
    told.length === 0 ? '' : `\n${told.join('')}`,
    findings.length > SHOWN_FINDINGS ? `… and ${findings.length - SHOWN_FINDINGS} more; --report FILE has all of them.\n` : '',
    `\n${report.passed ? paint('green', 'Passed: by the log, nothing lost, nothing doubled, nothing unexplained.') : paint('red', 'FAILED')}\n`,
  ].join('');
}

const faultRow = ({ atMs, tookMs, exitCode, command, says }: FaultRun): string[] => [
  `${(atMs / 1_000).toFixed(1)} s`,
  `${(tookMs / 1_000).toFixed(1)} s`,
  exitCode === null ? 'ended' : String(exitCode),
  harmless(command),
  says.slice(-60),
];
