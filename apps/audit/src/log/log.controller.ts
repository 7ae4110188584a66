import { Controller, Get, Header, Inject, Param, Query } from '@nestjs/common';
import { Describe } from '@posthorn/http';
import type { CheckpointSettings } from '../config.js';
import { tilePlaceOf, tileWidth } from '../tree/tile.js';
import { badParameter } from '../questions/bad.question.js';
import { CHECKPOINT_SETTINGS } from './checkpoint.settings.js';
import { CheckpointShelf } from './checkpoint.shelf.js';
import { LogIdentity } from './log.identity.js';
import { noCheckpointYet, noSuchTile } from './log.problems.js';
import { checkpointsQueryOf, consistencyQueryOf } from './log.query.js';
import { LogTiles } from './log.tiles.js';
import { LIST_CHECKPOINTS, PROVE_CONSISTENCY, SHOW_CHECKPOINT, SHOW_LOG, SHOW_TILE } from './log.openapi.js';

/** What anybody may see who is to check the log: sizes, hashes and signatures, and nothing that was recorded. */
@Controller()
export class LogController {
  constructor(
    private readonly shelf: CheckpointShelf,
    private readonly log: LogTiles,
    private readonly identity: LogIdentity,
    @Inject(CHECKPOINT_SETTINGS) private readonly settings: CheckpointSettings,
  ) {}

  /** The newest checkpoint, with the cosignatures it has so far (C2SP tlog-tiles). */
  @Get('checkpoint')
  @Describe(SHOW_CHECKPOINT)
  @Header('content-type', 'text/plain; charset=utf-8')
  @Header('cache-control', 'public, max-age=1')
  async checkpoint(): Promise<string> {
    const [newest] = await this.shelf.page(1);
    if (newest === undefined) throw noCheckpointYet(this.settings.everyMs);
    return newest.note;
  }

  @Get('tile/*')
  @Describe(SHOW_TILE)
  @Header('content-type', 'application/octet-stream')
  @Header('cache-control', 'public, max-age=31536000, immutable')
  async tile(@Param('*') path: string): Promise<Buffer> {
    const place = tilePlaceOf(path);
    const size = (await this.shelf.newest())?.size ?? 0;
    if (place === undefined || place.width > tileWidth(size, place.level, place.number)) throw noSuchTile();
    return this.log.tile(place);
  }

  @Get('v1/log')
  @Describe(SHOW_LOG)
  async about() {
    const newest = await this.shelf.newest();
    return { origin: this.identity.origin, verifierKeys: this.identity.verifierKeys, size: newest?.size ?? 0, signedAt: newest?.signedAt.toISOString() ?? null, witnesses: this.settings.witnesses.map(({ key }) => key.name) };
  }

  @Get('v1/checkpoints')
  @Describe(LIST_CHECKPOINTS)
  async checkpoints(@Query() parameters: unknown) {
    const { limit, before } = checkpointsQueryOf(parameters);
    // One more than asked for tells whether there is a next page.
    const found = await this.shelf.page(limit + 1, before);
    const checkpoints = found.slice(0, limit).map(({ size, signedAt, note }) => ({ size, signedAt: signedAt.toISOString(), checkpoint: note }));
    return { checkpoints, next: found.length > limit ? (checkpoints.at(-1)?.size ?? null) : null };
  }

  /** That the tree of `from` entries is the beginning of that of `to`: RFC 9162, 2.1.4.2, checks it. */
  @Get('v1/consistency')
  @Describe(PROVE_CONSISTENCY)
  async consistency(@Query() parameters: unknown) {
    const newest = await this.shelf.newest();
    if (newest === undefined) throw noCheckpointYet(this.settings.everyMs);
    const { from, to = newest.size } = consistencyQueryOf(parameters);
    if (to > newest.size) throw badParameter('to', `must not be larger than the newest checkpoint: ${newest.size}`);
    if (from < 1 || from > to) throw badParameter('from', 'must be at least 1, and not larger than "to"');
    const proof = await this.log.reader().consistencyProof(from, to);
    return { from, to, proof: proof.map((hash) => hash.toString('base64')) };
  }
}
