import { Inject, Injectable, Logger } from '@nestjs/common';
import type { CheckpointSettings } from '../config.js';
import { parseCheckpoint } from '../tree/checkpoint.js';
import { CHECKPOINT_SETTINGS } from './checkpoint.settings.js';
import { CheckpointShelf, type KeptCheckpoint } from './checkpoint.shelf.js';
import { LogTiles } from './log.tiles.js';
import { addCheckpoint, WitnessError } from './witness.request.js';

type Witness = CheckpointSettings['witnesses'][number];

/** Has each checkpoint cosigned by those who watch that the log is only ever added to. One that is away holds up nothing. */
@Injectable()
export class Witnesses {
  private readonly logger = new Logger(Witnesses.name);
  private readonly asked = new Map<Witness, Promise<void>>();
  private readonly complaints = new Map<Witness, string>();

  constructor(
    private readonly shelf: CheckpointShelf,
    private readonly log: LogTiles,
    @Inject(CHECKPOINT_SETTINGS) private readonly settings: CheckpointSettings,
  ) {}

  get names(): string[] {
    return this.settings.witnesses.map(({ key }) => key.name);
  }

  /** Asks every witness that is not being asked already. */
  async ask(): Promise<void> {
    await Promise.all(
      this.settings.witnesses.map((witness) => {
        const asked = this.asked.get(witness) ?? this.tryOne(witness).finally(() => this.asked.delete(witness));
        this.asked.set(witness, asked);
        return asked;
      }),
    );
  }

  private async tryOne(witness: Witness): Promise<void> {
    const { name } = witness.key;
    try {
      await this.askOne(witness);
      if (this.complaints.delete(witness)) this.logger.log({ witness: name }, 'A witness cosigns checkpoints again');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason === this.complaints.get(witness)) return;
      this.complaints.set(witness, reason);
      const refuted = error instanceof WitnessError && error.refuted;
      if (refuted) this.logger.error({ witness: name, reason }, 'A witness says that the log was rewritten, or knows another log of this origin: compare its checkpoint with ours');
      else this.logger.warn({ witness: name, reason }, 'A witness does not cosign checkpoints; it will be asked again');
    }
  }

  private async askOne({ url, key }: Witness): Promise<void> {
    const newest = await this.shelf.newest();
    const known = await this.shelf.witnessed(key.name);
    if (newest === undefined || known >= newest.size) return;
    const line = key.findIn(await this.linesOf(url, newest, known), parseCheckpoint(newest.note).text);
    if (line === undefined) throw new Error('Its answer has no signature that its key in audit.checkpoints.witnesses verifies');
    await this.shelf.cosign(newest.size, key.name, line);
  }

  private async linesOf(url: string, { size, note }: KeptCheckpoint, known: number): Promise<string[]> {
    const submit = async (old: number) => addCheckpoint(url, { old, proof: await this.log.reader().consistencyProof(old, size), note });
    const first = await submit(known);
    if ('lines' in first) return first.lines;
    if (first.knows > size) throw new Error(`It knows a checkpoint of ${first.knows} entries; our newest has ${size}`);
    // It remembers better than we do which one it saw last, or another replica has just asked it.
    const second = await submit(first.knows);
    if ('lines' in second) return second.lines;
    throw new Error(`It says that it knows ${first.knows} entries, and then ${second.knows}`);
  }
}
