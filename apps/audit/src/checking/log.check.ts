import { Database } from '@posthorn/persistence';
import { disagreementOf, type SignedHead } from '../log/log.disagreement.js';
import { LogTiles } from '../log/log.tiles.js';
import { KeyVault } from '../people/key.vault.js';
import { CheckFindings } from './check.findings.js';
import { EntriesCheck } from './entries.check.js';
import { checkPeople } from './people.check.js';
import { SignedHeads } from './signed.heads.js';
import { TilesCheck } from './tiles.check.js';

export interface CheckResult {
  findings: CheckFindings;
  size: number;
  people: number;
  /** How the entries compare with each checkpoint, in a person's words. */
  comparisons: string[];
}

/** Checks the log from inside its database, as after a restore; it reads, and changes nothing. The service may run meanwhile. */
export async function checkLog(database: Database, vault: KeyVault, headsOf: (findings: CheckFindings) => SignedHeads, progress: (entries: number, size: number) => void): Promise<CheckResult> {
  const findings = new CheckFindings();
  const log = new LogTiles(database);
  // What is signed first: the log has all of it then.
  const heads = await headsOf(findings).read();
  const size = await log.size();
  const [entries, tiles] = [new EntriesCheck(database, findings), new TilesCheck(database, findings)];
  for await (const { first, hashes } of entries.leaves(size, new Set(heads.map((head) => head.size)))) {
    await tiles.compareLeaves(first, hashes, size);
    progress(first + hashes.length - 1, size);
  }
  await tiles.compareLevels(size);
  const comparisons: string[] = [];
  for (const head of heads) comparisons.push(await compare(head, { entries, log, size, findings }));
  return { findings, size, comparisons, people: await checkPeople(database, vault, findings) };
}

async function compare(head: SignedHead, { entries, log, size, findings }: { entries: EntriesCheck; log: LogTiles; size: number; findings: CheckFindings }): Promise<string> {
  const entriesRight = entries.roots.get(head.size)?.equals(head.root) === true;
  const byTiles = await disagreementOf(log.reader(), size, [head]);
  if (entriesRight && byTiles !== undefined) findings.note('TILES_FORKED', `The entries lead to the root of the checkpoint of ${head.size} entries in ${head.foundIn}, the tiles do not.`);
  else if (byTiles !== undefined) findings.note(byTiles.code, byTiles.message);
  else if (!entriesRight) findings.note('LOG_FORKED', `The first ${head.size} entries do not lead to the root of the checkpoint in ${head.foundIn}; the tiles do, so it is entries that were changed.`);
  return `The entries ${entriesRight ? 'are' : 'are not'} those of the checkpoint of ${head.size.toLocaleString('en')} entries in ${head.foundIn}.`;
}
