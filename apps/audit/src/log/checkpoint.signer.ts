import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import { CHECKPOINT_SETTINGS } from './checkpoint.settings.js';
import type { CheckpointSettings } from '../config.js';
import { CheckpointShelf } from './checkpoint.shelf.js';
import { disagreementOf, type SignedHead } from './log.disagreement.js';
import { LogFindings } from './log.findings.js';
import { LogIdentity } from './log.identity.js';
import { LogTiles } from './log.tiles.js';

/** Replicas take turns: one that comes a little early finds that another has just signed. */
const DUE_AFTER = 0.8;

/** Signs how large the log is and what its root is, once it has made sure that everything signed before still holds. */
@Injectable()
export class CheckpointSigner {
  constructor(
    private readonly database: Database,
    private readonly log: LogTiles,
    private readonly shelf: CheckpointShelf,
    private readonly findings: LogFindings,
    private readonly identity: LogIdentity,
    @Inject(CHECKPOINT_SETTINGS) private readonly settings: CheckpointSettings,
  ) {}

  /** False when it refuses: the log does not begin with its last checkpoint, or with the newest one kept `outside`. */
  async sign(outside?: SignedHead): Promise<boolean> {
    const found = await this.look(outside);
    await this.findings.report(found.disagreement);
    if (found.next !== undefined) await this.shelf.keep({ ...found.next, note: this.identity.sign(found.next) }, found.previous);
    return found.disagreement === undefined;
  }

  private look(outside: SignedHead | undefined) {
    return this.database.transaction(async (tx) => {
      // One snapshot: what is compared with the last checkpoint is what is then signed.
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const last = await this.shelf.newest(tx);
      const size = await this.log.size(tx);
      const reader = this.log.reader(tx);
      const signed = [...(last === undefined ? [] : [{ ...last, foundIn: 'the database' }]), ...(outside === undefined ? [] : [outside])];
      const disagreement = await disagreementOf(reader, size, signed);
      const isDue = last === undefined || last.ageMs >= this.settings.everyMs * DUE_AFTER;
      const next = disagreement === undefined && isDue && size > (last?.size ?? 0) ? { size, root: await reader.root(size) } : undefined;
      return { disagreement, next, previous: last?.size ?? 0 };
    });
  }
}
