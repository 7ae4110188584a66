import { availableParallelism, cpus, loadavg } from 'node:os';
import { StartError } from '../start/start.error.js';
import { onStopRequest } from '../start/stop.request.js';
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
import { type Circumstances, renderResult, reportJson } from './report.js';
import { Rig } from './rig.js';
import { measureVerify } from './verify.bench.js';

const MEASURE: Record<BenchmarkName, (measuring: Measuring) => Promise<Result>> = {
  accepting: measureAccepting,
  batches: measureBatches,
  latency: measureLatency,
  dispatch: measureDispatch,
  audit: measureAudit,
  memory: measureMemory,
  guard: measureGuard,
  verify: measureVerify,
  growth: measureGrowth,
  log: measureLog,
};

async function run({ names, seconds, json }: BenchOptions): Promise<number> {
  const began = performance.now();
  const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const progress = (line: string): void => void process.stderr.write(`  ${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);
  const circumstances = { node: process.version, processor: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10 };
  if (isBusy(circumstances)) progress(`${busy(circumstances)} Both sides will be slow, and the figures of little worth.`);
  const giveUp = new AbortController();
  let rig: Rig | undefined;
  onStopRequest((reason) => {
    process.stderr.write(`  Stopping (${reason}) …\n`);
    giveUp.abort();
    if (rig !== undefined) void rig.close().finally(() => process.exit(130));
  });
  try {
    rig = await Rig.start(giveUp.signal, progress);
    const results: Result[] = [];
    for (const name of names) {
      try {
        const result = await MEASURE[name]({ rig, seconds, progress: (line) => progress(`${name}: ${line}`) });
        results.push(result);
        if (!json) process.stdout.write(`\n${renderResult(result, color)}\n\n`);
      } catch (error) {
        if (giveUp.signal.aborted) throw error;
        // The others can still be measured.
        progress(`${name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    process.stdout.write(json ? `${reportJson(results, circumstances)}\n` : describe(circumstances));
    return results.length === names.length ? 0 : 1;
  } catch (error) {
    if (giveUp.signal.aborted) return await new Promise<never>(() => undefined);
    throw error;
  } finally {
    if (!giveUp.signal.aborted) await rig?.close();
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
