import { Database } from '@posthorn/persistence';
import { type AuditCheckConfig, SERVICE } from '../config.js';
import { CheckpointShelf } from '../log/checkpoint.shelf.js';
import { storeOf } from '../log/checkpoint.store.js';
import { LogIdentity } from '../log/log.identity.js';
import { KeyVault } from '../people/key.vault.js';
import { checkLog } from './log.check.js';
import { SignedHeads } from './signed.heads.js';

const STATEMENT_MS = 60_000;
const PROGRESS_EVERY_MS = 10_000;
const PATIENCE_MS = 10_000;

export interface Outputs {
  out: { write(text: string): unknown };
  error: { write(text: string): unknown };
}

/** 0: all right. 6: the log is not what it says, as for `posthorn audit verify`. */
export async function runCheck({ section, database: address }: AuditCheckConfig, { out, error }: Outputs): Promise<0 | 6> {
  const database = new Database({ ...address, schema: SERVICE, service: `${SERVICE}-fsck`, poolSize: 2, statementTimeoutMs: STATEMENT_MS });
  const identity = new LogIdentity(section.origin, section.signingKeys);
  const store = section.checkpoints.store && storeOf(section.checkpoints.store, section.origin);
  const began = performance.now();
  let told = began;
  try {
    await reach(database);
    const vault = new KeyVault(section.encryption.keys, section.encryption.lookupKey);
    const { findings, size, people, comparisons } = await checkLog(database, vault, (found) => new SignedHeads(new CheckpointShelf(database, identity), store, identity, found), (entries, of) => {
      const now = performance.now();
      if (now - told < PROGRESS_EVERY_MS) return;
      told = now;
      error.write(`${count(entries)} of ${count(of)} entries, ${count(Math.round((entries / (now - began)) * 1_000))}/s\n`);
    });
    const lines = [
      `${section.origin}: ${count(size)} entries, the keys of ${count(people)} people.`,
      ...(comparisons.length === 0 ? ['There is no checkpoint to compare it with.'] : comparisons),
      ...(store === undefined ? ['No checkpoints are kept outside: whoever can rewrite the log can rewrite those in the database.'] : []),
      ...findings.lines,
      ...(findings.codes.length === 0 ? ['All right.'] : ['', 'The log is not as it should be.']),
      `It took ${((performance.now() - began) / 1_000).toFixed(1)} s.`,
    ];
    out.write(`${lines.join('\n')}\n`);
    return findings.codes.length === 0 ? 0 : 6;
  } finally {
    await Promise.all([database.close(), store?.close?.()]);
  }
}

/** A service waits for Postgres as long as it takes; who sits before a check does not. */
async function reach(database: Database): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)));
  await Promise.race([database.ready(), patience]);
  clearTimeout(timer);
  if (database.unavailable !== undefined) throw new Error(`DATABASE_UNAVAILABLE: ${database.unavailable}. Check DATABASE_URL and DATABASE_PASSWORD, and whether Postgres runs.`);
}

const count = (value: number): string => value.toLocaleString('en');
