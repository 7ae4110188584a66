import { Database, prepared } from '@posthorn/persistence';
import { KeyVault } from '../people/key.vault.js';
import type { CheckFindings } from './check.findings.js';

const AT_ONCE = 1_024;
const NOBODY = '00000000-0000-0000-0000-000000000000';
const NEXT = prepared(`SELECT pseudonym, wrapped_key AS wrapped, key_id AS "keyId" FROM people WHERE pseudonym > $1 ORDER BY pseudonym LIMIT ${AT_ONCE}`);

/** Opens the key of everybody who has not been forgotten; answers how many that are. */
export async function checkPeople(database: Database, vault: KeyVault, findings: CheckFindings): Promise<number> {
  for (let [after, count] = [NOBODY, 0]; ; ) {
    const page = await database.query<{ pseudonym: string; wrapped: Buffer; keyId: string }>(NEXT, [after]);
    for (const { pseudonym, ...key } of page) {
      try {
        vault.unwrap(key, pseudonym);
      } catch (error) {
        findings.note('KEY_UNUSABLE', `${pseudonym}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    count += page.length;
    const last = page.at(-1);
    if (last === undefined) return count;
    after = last.pseudonym;
  }
}
