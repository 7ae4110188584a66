import { availableParallelism, cpus, loadavg } from 'node:os';
import { StartError } from '../start/start.error.js';
import { onStopRequest } from '../start/stop.request.js';
import { measureAgainst } from './against.bench.js';
import { measureAccepting } from './accepting.bench.js';
import { measureAudit } from './audit.bench.js';
import { measureBatches } from './batches.bench.js';
import { type BenchmarkName, type BenchOptions, HELP, OptionsError, parseBenchOptions } from './bench.options.js';
import type { Measuring } from './benchmark.js';
import { measureDispatch } from './dispatch.bench.js';
import type { Result } from './figure.js';
import { measureGrowth } from './growth.bench.js';
import { measureGuard } from './guard.bench.js';
import { measureLatency } from './latency.bench.js';
import { measureLog } from './log.bench.js';
import { measureMemory } from './memory.bench.js';
import { OtherBuild } from './other.build.js';
import { type Circumstances, renderResult, reportJson } from './report.js';
import { Rig } from './rig.js';
import { Undo } from './undo.js';
import { measureVerify } from './verify.bench.js';
import { measureWays } from './ways.bench.js';

const MEASURE: Record<BenchmarkName, (measuring: Measuring) => Promise<Result>> = {
  accepting: measureAccepting,
  batches: measureBatches,
  ways: measureWays,
  latency: measureLatency,
  dispatch: measureDispatch,
  audit: measureAudit,
  memory: measureMemory,
  guard: measureGuard,
  verify: measureVerify,
  growth: measureGrowth,
  log: measureLog,
};

async function run({ names, seconds, against, json }: BenchOptions): Promise<number> {
  const began = performance.now();
  const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const progress = (line: string): void => void process.stderr.write(`  ${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);
  const circumstances = { node: process.version, processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10 };
  if (isBusy(circumstances)) progress(`${busy(circumstances)} Both sides will be slow, and the figures of little worth.`);
  const giveUp = new AbortController();
  const undo = new Undo();
  onStopRequest((reason) => {
    process.stderr.write(`  Stopping (${reason}) …\n`);
    giveUp.abort();
    void undo.all().finally(() => process.exit(130));
  });
  const measure = async (name: string, work: (measuring: Measuring) => Promise<Result>): Promise<Result[]> => {
    try {
      const result = await work({ rig, seconds, progress: (line) => progress(`${name}: ${line}`) });
      if (!json) process.stdout.write(`\n${renderResult(result, color)}\n\n`);
      return [result];
    } catch (error) {
      if (giveUp.signal.aborted) throw error;
      // The others can still be measured.
      progress(`${name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  };
  let rig: Rig;
  try {
    if (against !== undefined) progress(`building ${against}`);
    const other = against === undefined ? undefined : await undo.start(OtherBuild.make(against, giveUp.signal), (build) => build.remove());
    rig = await undo.start(Rig.start(giveUp.signal, progress), (started) => started.close());
    const results: Result[] = [];
    for (const name of names) results.push(...(await measure(name, MEASURE[name])));
    if (other !== undefined) {
      const theirs = await undo.start(other.start(giveUp.signal, (line) => progress(`${other.name}: ${line}`)), (started) => started.close());
      results.push(...(await measure('against', (measuring) => measureAgainst(measuring, other, theirs))));
    }
    process.stdout.write(json ? `${reportJson(results, circumstances)}\n` : describe(circumstances));
    return results.length === names.length + (other === undefined ? 0 : 1) ? 0 : 1;
  } catch (error) {
    if (giveUp.signal.aborted) return await new Promise<never>(() => undefined);
    throw error;
  } finally {
    await undo.all();
  }
}

function describe(circumstances: Circumstances): string {
  const { node, processor, cores } = circumstances;
  return `  Node ${node} on ${cores} cores (${processor}).${isBusy(circumstances) ? ` ${busy(circumstances)}` : ''}\n`;
}

function isBusy({ loadBefore, cores }: Circumstances): boolean {
  return loadBefore > cores / 2;
}

function busy({ loadBefore }: Circumstances): string {
  return `The machine was busy when this began: on average ${loadBefore} other programs wanted to run.`;
}

try {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(HELP);
  process.exit(options.help ? 0 : await run(options));
} catch (error) {
  const told = error instanceof OptionsError || error instanceof StartError;
  process.stderr.write(`\n${told ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(error instanceof OptionsError ? 2 : 1);
}
