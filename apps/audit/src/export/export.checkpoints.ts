import { Inject, Injectable } from '@nestjs/common';
import type { CheckpointSettings } from '../config.js';
import { CHECKPOINT_SETTINGS } from '../log/checkpoint.settings.js';
import { CheckpointShelf } from '../log/checkpoint.shelf.js';
import { LogIdentity } from '../log/log.identity.js';
import { noCheckpointYet } from '../log/log.problems.js';
import { badParameter } from '../questions/bad.question.js';
import { type Checkpoint, parseCheckpoint } from '../tree/checkpoint.js';
import { NoteError } from '../tree/note.js';
import type { Export } from './export.format.js';
import type { ExportQuestion } from './export.query.js';

/** Which checkpoint an export is of. */
@Injectable()
export class ExportCheckpoints {
  constructor(
    private readonly shelf: CheckpointShelf,
    private readonly identity: LogIdentity,
    @Inject(CHECKPOINT_SETTINGS) private readonly settings: CheckpointSettings,
  ) {}

  /** The newest one; when an export is continued, the one it began with, to the byte. */
  async of({ resumed }: ExportQuestion): Promise<Pick<Export, 'origin' | 'size' | 'checkpoint'>> {
    const { origin } = this.identity;
    if (resumed !== undefined) return { origin, size: await this.sizeOf(resumed), checkpoint: resumed.checkpoint };
    const [newest] = await this.shelf.page(1);
    if (newest === undefined) throw noCheckpointYet(this.settings.everyMs);
    return { origin, size: newest.size, checkpoint: newest.note };
  }

  // Witnesses may have cosigned since: so it is the client's note that counts, if all of it is ours.
  private async sizeOf({ after, checkpoint }: { after: number; checkpoint: string }): Promise<number> {
    const { size, text, signatures } = parsed(checkpoint);
    const [kept] = await this.shelf.page(1, size + 1);
    const known = kept?.size === size ? parseCheckpoint(kept.note) : undefined;
    if (known?.text !== text || signatures.length === 0 || !signatures.every((line) => known.signatures.includes(line))) throw foreign();
    if (after > size) throw badParameter('after', `must not be beyond the checkpoint: ${size}`);
    return size;
  }
}

function parsed(note: string): Checkpoint {
  try {
    return parseCheckpoint(note);
  } catch (error) {
    if (error instanceof NoteError) throw foreign();
    throw error;
  }
}

const foreign = (): Error => badParameter('checkpoint', 'must be the Posthorn-Checkpoint of the export that is continued, unchanged');
