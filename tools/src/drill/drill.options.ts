import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULT_KINDS, type FaultKind } from './storm/fault.plan.js';

export interface DrillOptions {
  /** How long the storm lasts. */
  seconds: number;
  /** Events per second. */
  rate: number;
  seed: number;
  /** Kinds of fault that stay away. */
  without: FaultKind[];
  json: boolean;
  /** Where the page is written. */
  report: string;
  /** Leaves data and logs where they are. */
  keep: boolean;
  help: boolean;
}

const LIMITS = { seconds: [10, 86_400], rate: [1, 2_000], seed: [0, 2_147_483_647] } as const;

export const HELP = `npm run drill -- [options]

Starts Posthorn beside whatever runs, sends events at a steady rate, and breaks everything meanwhile: kills and stops
each process, loses and rolls back NATS's store, deletes consumers, lets each provider fail in every way it knows.
Then waits until all work is done, and lets a checker that shares no code with the services compare what was
accepted with what arrived. Ends with 0 when nothing was lost, doubled or left unexplained, with 1 otherwise.

  --seconds N      how long the storm lasts (default 60)
  --rate R         events per second (default 50)
  --seed S         the same seed makes the same storm (default: a new one, which the report names)
  --without K,…    leaves out kinds of fault: ${FAULT_KINDS.join(', ')}
  --report FILE    where the page with the timeline is written (default posthorn-drill.html)
  --json           ends with one line of JSON on stdout, progress goes to stderr
  --keep           leaves data and logs behind and says where
  --help           this text
`;

/** What is wrong with the command line, in words. */
export class DrillOptionsError extends Error {
  override readonly name = 'DrillOptionsError';
  readonly code = 'OPTIONS';

  constructor(problem: string) {
    super(`${problem}\nnpm run drill -- --help shows the options.`);
  }
}

export function parseDrillOptions(args: readonly string[], cwd = process.cwd()): DrillOptions {
  const { seconds, rate, seed, without, report, json = false, keep = false, help = false } = parse(args);
  return {
    seconds: numberOf('seconds', seconds, 60),
    rate: numberOf('rate', rate, 50),
    seed: numberOf('seed', seed, Math.floor(Math.random() * 1_000_000)),
    without: (without ?? '').split(',').filter((kind) => kind !== '').map(kindOf),
    report: resolve(cwd, report ?? 'posthorn-drill.html'),
    json,
    keep,
    help,
  };
}

function parse(args: readonly string[]): { seconds?: string; rate?: string; seed?: string; without?: string; report?: string; json?: boolean; keep?: boolean; help?: boolean } {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      strict: true,
      options: {
        seconds: { type: 'string' },
        rate: { type: 'string' },
        seed: { type: 'string' },
        without: { type: 'string' },
        report: { type: 'string' },
        json: { type: 'boolean' },
        keep: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new DrillOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function numberOf(name: keyof typeof LIMITS, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const [least, most] = LIMITS[name];
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new DrillOptionsError(`--${name} must be a whole number from ${least} to ${most}, not "${text}".`);
}

function kindOf(text: string): FaultKind {
  const kind = FAULT_KINDS.find((candidate) => candidate === text.trim());
  if (kind === undefined) throw new DrillOptionsError(`--without: there is no fault "${text.trim()}"; there are ${FAULT_KINDS.join(', ')}.`);
  return kind;
}
