import { misuse } from '../cli.error.js';
import { type Command, COMMON_HELP } from '../command.js';
import { latestCheckpoint } from './audit/checkpoint.js';
import { exportLog } from './audit/export.js';
import { newKey } from './audit/key.js';
import { proofOf } from './audit/proof.js';
import { verify } from './audit/verify.js';

const HELP = `posthorn audit verify [options]
posthorn audit verify FILE [options]
posthorn audit export FILE [--site ID …] [--format csv] [options]
posthorn audit checkpoint [options]
posthorn audit proof ID [options]
posthorn audit key NAME [--json]

Whether the audit log is what it says: every entry, in its place, since the first one. All of it is computed here, of
what the log hands out and the keys you trust; the standards are RFC 9162 and C2SP tlog-tiles.

  verify      reads the whole log, or an export of it, and names what was changed and where
  export      brings the log, or what passes the filters, into a file, and goes on by itself where it is cut
  checkpoint  prints the latest checkpoint, verified, and remembers it
  proof       shows and verifies that an event or an entry is in the log
  key         makes a key for the log to sign with

  --verifier-key KEY     of the log, <name>+<id>+<base64>, from its operator and not from the log; several while a
                         key is being replaced (or POSTHORN_AUDIT_VERIFIER_KEY, separated by spaces; or that of a
                         running npm start)
  --origin NAME          which log it has to be, where that is not the key's name
  --witness-key KEY      of a witness that has to have cosigned the latest checkpoint; several: each of them
  --checkpoint PATH      an older checkpoint, or a folder of them, that the log has to go on from; several
  --remember FOLDER      where verified checkpoints are kept (default ~/.posthorn/checkpoints/<origin>; those of the
                         log of a running npm start beside it); those that are there count as older checkpoints
  --export FILE          verify this file, as verify FILE does; nothing is asked of the log
  --hashes-only          do not read the entries as JSON: no look at their ids and sealed parts

Of export; the key needs the right to export
  --format NAME          ndjson, which can be verified, or csv, which cannot (what FILE ends with, else ndjson)
  --site ID, --type TYPE, --kind NAME, --service NAME, --connection ID, --outcome NAME, --actor NAME, --event ID,
  --person ID, --correlation ID, --text WORDS, --from TIME, --to TIME
                         only entries of that; times as 2026-11-22T10:00:00Z, or 90m, 36h, 7d ago
  --resume               go on with a FILE.part that is left over, with what it was begun with
  --force                overwrite FILE, and begin a FILE.part anew

${COMMON_HELP}
Exit code 6 when the log is not what it says. Keep the report and the checkpoints then: they are the evidence.

Examples
  posthorn audit verify --verifier-key "$KEY"
  posthorn audit verify --verifier-key "$KEY" --checkpoint january.txt --checkpoint evidence/
  posthorn audit export log.ndjson && posthorn audit verify log.ndjson --verifier-key "$KEY" --json
  posthorn audit export november.csv --site acme --from 2026-11-01T00:00:00Z
  posthorn audit checkpoint --verifier-key "$KEY" > today.txt
  posthorn audit proof 01a20411-bb52-7584-acea-c9154f74b8bc --verifier-key "$KEY"
`;

const ACTIONS: Record<string, Command['run']> = { verify, export: exportLog, checkpoint: latestCheckpoint, proof: proofOf, key: newKey };

export const audit: Command = {
  name: 'audit',
  summary: 'whether the audit log is what it says; exports, checkpoints, proofs and keys',
  help: HELP,
  run([action = '', ...rest], world) {
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (run === undefined) throw misuse(`posthorn audit has ${Object.keys(ACTIONS).join(', ')}, and no "${action}".`, 'audit');
    return run(rest, world);
  },
};
