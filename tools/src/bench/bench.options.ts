import { parseArgs } from 'node:util';

export const BENCHMARKS = ['accepting', 'batches', 'ways', 'latency', 'dispatch', 'audit', 'memory', 'guard', 'verify', 'growth', 'log'] as const;
export type BenchmarkName = (typeof BENCHMARKS)[number];
/** Minutes of preparation: only when it is named. */
const BY_HAND: readonly BenchmarkName[] = ['growth', 'log'];

export interface BenchOptions {
  /** In the order in which they run. */
  names: BenchmarkName[];
  /** How long each side of a benchmark is measured. */
  seconds: number;
  /** A commit to be compared with. */
  against: string | undefined;
  json: boolean;
  help: boolean;
}

export const DEFAULT_SECONDS = 12;
const FEWEST_SECONDS = 3;
const MOST_SECONDS = 300;

export const HELP = `npm run bench -- [benchmark …] [options]

Measures Posthorn beside bare programs that do the same work without its promises, in the same run, by turns, on the
same Postgres (which waits for the disk) and the same NATS. Starts what it needs and removes it again.

  accepting        events accepted per second, and how long a sender waits, at 64 connections
  batches          the same in lists of 100, at 16 connections, and how many of them NATS has by then
  ways             single events, lists, forms and signed webhooks: events per second, times, memory; and what the check
                   of a key, a body, a contract and a signature takes of the processor
  latency          from the 202 to the provider's call, at 100 events per second
  dispatch         events per second through intake and dispatch of one service
  audit            entries per second into the audit log
  memory           resident memory of each service after load
  guard            what a guard adds to a call
  verify           entries of the audit log verified per second, as posthorn audit verify does
  growth           deliveries per second after a thousand, a hundred thousand and ten million others
                   (only when named: it fills the tables first)
  log              questions to an audit log of ten thousand, a million and ten million entries: pages by every filter,
                   traces, proofs, appending, exporting, size (only when named: it takes a quarter of an hour)

  --seconds N      how long each side of each benchmark is measured (default ${DEFAULT_SECONDS}, from ${FEWEST_SECONDS} to ${MOST_SECONDS})
  --against REF    beside another commit, built in a folder of its own: single events, by turns; without a name, only that
  --json           print the figures as JSON
  --help           this text

Without a name all but growth and log run, which takes three to five minutes. Other programs on the machine disturb both sides:
compare ratios, and close what you can.
`;

/** What is wrong with the command line, in words. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';

  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem}\nnpm run bench -- --help shows the options.`, options);
  }
}

export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const unknown = positionals.filter((name) => !isBenchmark(name));
  if (unknown.length > 0) throw new OptionsError(`There is no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.join(', ')}.`);
  const names = BENCHMARKS.filter((name) => (positionals.length === 0 ? values.against === undefined && !BY_HAND.includes(name) : positionals.includes(name)));
  return { names, seconds: secondsOf(values.seconds), against: values.against, json: values.json ?? false, help: values.help ?? false };
}

function parse(args: readonly string[]): { values: { seconds?: string; against?: string; json?: boolean; help?: boolean }; positionals: string[] } {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: { seconds: { type: 'string' }, against: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new OptionsError(error instanceof Error ? error.message : String(error));
  }
}

function secondsOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_SECONDS;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= FEWEST_SECONDS && seconds <= MOST_SECONDS) return seconds;
  throw new OptionsError(`--seconds must be a whole number from ${FEWEST_SECONDS} to ${MOST_SECONDS}, not "${text}".`);
}

function isBenchmark(name: string): name is BenchmarkName {
  return (BENCHMARKS as readonly string[]).includes(name);
}
