import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type World } from '../../cli.context.js';
import { misuse } from '../../cli.error.js';
import { accessTo } from '../../client.settings.js';
import { parse } from '../../command.js';
import { type Checkpoint, demandWitnesses, type Trust } from '../../verify/checkpoint.js';
import { remember } from '../../verify/checkpoint.folder.js';
import { verifyExport } from '../../verify/export.verifier.js';
import { type Finding } from '../../verify/finding.js';
import { HttpLog } from '../../verify/log.source.js';
import { type Verified, verifyLog } from '../../verify/log.verifier.js';
import { Progress } from './progress.js';
import { count, type Report, tell } from './report.js';
import { checkpointOf, findingOf, olderIn, rememberedIn, TRUST, trustOf } from './trust.js';

const OPTIONS = { ...TRUST, checkpoint: { type: 'string', multiple: true }, export: { type: 'string' }, 'hashes-only': { type: 'boolean' } } as const;

export async function verify(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('audit', args, OPTIONS);
  const exported = [...positionals, ...(values.export === undefined ? [] : [values.export])];
  if (exported.length > 1) throw misuse('It verifies one export at a time.', 'audit');
  const trust = trustOf(values, world);
  const folder = rememberedIn(values, trust, world);
  const { older, findings } = olderIn(values.checkpoint ?? [], folder, trust, world);
  const contents = values['hashes-only'] !== true;
  const file = exported[0] === undefined ? undefined : resolve(world.cwd, exported[0]);
  const progress = new Progress(world);
  let report: Report;
  try {
    report = file === undefined ? await live() : await fromExport(file);
  } catch (error) {
    report = { lines: [`${trust.origin}: nothing of it can be believed.`], findings: [...findings, findingOf(error)], unlisted: 0, details: { origin: trust.origin } };
  }
  return tell(report, values.json === true, world);

  async function live(): Promise<Report> {
    const access = accessTo('audit', values, world);
    const log = new HttpLog(access);
    const checkpoint = await checkpointOf(log, trust, access.url);
    findings.push(...missingWitnesses(checkpoint, trust));
    const verified = await verifyLog(log, checkpoint, older, { contents, progress: (entries) => progress.at(entries, checkpoint.size) }).finally(() => progress.end());
    const found = [...findings, ...verified.findings];
    if (found.length === 0) remember(folder, checkpoint);
    const what = `${count(verified.entries)} entries were read; with the hashes of each other they lead to the root that was signed.`;
    return reportOf(checkpoint, verified, found, what, found.length === 0 ? [`The checkpoint is remembered in ${folder}`] : []);
  }

  async function fromExport(path: string): Promise<Report> {
    if (!existsSync(path)) throw misuse(`There is no file ${path}.`, 'audit');
    const verified = await verifyExport(path, trust, older, { contents, progress: (entries) => progress.at(entries, 0) }).finally(() => progress.end());
    const { checkpoint, whole, entries } = verified;
    findings.push(...missingWitnesses(checkpoint, trust));
    const what = whole ? `The export is of the whole log: ${count(entries)} entries, which lead to the root that was signed.` : `The export is a selection: ${count(entries)} entries, each proven to be in the log. Whether others belong to it, no proof says.`;
    return reportOf(checkpoint, verified, [...findings, ...verified.findings], what, !whole && older.length > 0 ? ['A selection cannot be compared with older checkpoints.'] : []);
  }

  function reportOf(checkpoint: Checkpoint, verified: Verified, found: Finding[], what: string, more: string[]): Report {
    const { agreed, beside, allIdsSeen, entries, unlisted } = verified;
    const signers = trust.witnesses.length === 0 ? 'No witness was asked for.' : `Cosigned by ${trust.witnesses.map(({ name }) => name).join(', ')}.`;
    const { seconds } = progress;
    const lines = [
      `${checkpoint.origin}: ${count(checkpoint.size)} entries, root ${checkpoint.root.toString('base64')}`,
      ...(found.length > 0 ? [`${count(entries)} entries were read.`] : [what, signers, `It goes on from ${agreed} older checkpoint${agreed === 1 ? '' : 's'}.`]),
      ...(beside === 0 ? [] : [`${count(beside)} entries name data beside the log by its SHA-256; that data was not looked at.`]),
      ...(allIdsSeen ? [] : ['From some entry on there were too many ids to tell whether one comes twice.']),
      ...more,
      `It took ${seconds.toFixed(1)} s, ${count(Math.round(entries / Math.max(seconds, 0.001)))} entries/s.`,
    ];
    return { lines, findings: found, unlisted, details: { origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root.toString('base64'), entries, agreed, beside, allIdsSeen, seconds } };
  }
}

function missingWitnesses(checkpoint: Checkpoint, trust: Trust): Finding[] {
  try {
    demandWitnesses(checkpoint, trust);
    return [];
  } catch (error) {
    return [findingOf(error)];
  }
}
