import { StartError } from '../start/start.error.js';
import { onStopRequest } from '../start/stop.request.js';
import { renderFinding, reportJson } from './finding.report.js';
import { type Proof } from './proof.js';
import { PROOFS } from './proofs.js';
import { helpOf, parseProveOptions, type ProveOptions, ProveOptionsError } from './prove.options.js';

const proofs: Readonly<Record<string, Proof>> = PROOFS;

async function run(name: string, proof: Proof, { values, json }: ProveOptions): Promise<number> {
  const began = performance.now();
  const giveUp = new AbortController();
  onStopRequest((reason) => {
    process.stderr.write(`  Stopping (${reason}) …\n`);
    giveUp.abort();
  });
  const progress = (line: string): void => void process.stderr.write(`  ${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);
  try {
    const finding = await proof.run({ values, signal: giveUp.signal, progress });
    const table = `\n${renderFinding(name, finding)}\n\n`;
    if (json) process.stderr.write(table);
    process.stdout.write(json ? `${reportJson(name, values, finding)}\n` : table);
    return finding.holds ? 0 : 1;
  } catch (error) {
    if (giveUp.signal.aborted) return 130;
    throw error;
  }
}

try {
  const options = parseProveOptions(process.argv.slice(2), proofs);
  const proof = options.help ? undefined : proofs[options.name ?? ''];
  if (proof === undefined) process.stdout.write(helpOf(proofs));
  process.exit(proof === undefined ? 0 : await run(options.name ?? '', proof, options));
} catch (error) {
  const told = error instanceof ProveOptionsError || error instanceof StartError;
  process.stderr.write(`\n${told ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(error instanceof ProveOptionsError ? 2 : 1);
}
