import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Controller, Get, Header, Headers, Inject, Param, Res } from '@nestjs/common';
import { Caller, Describe, type HttpReply, RequireKey } from '@posthorn/http';
import type { CheckpointSettings } from '../config.js';
import { AccessLog } from '../questions/access.log.js';
import { AsAuditor, Auditor } from '../questions/auditor.js';
import { entryIdOf } from '../questions/entries.query.js';
import { EntryReader } from '../questions/entry.reader.js';
import { bundlePlaceOf, tileWidth } from '../tree/tile.js';
import { CHECKPOINT_SETTINGS } from './checkpoint.settings.js';
import { CheckpointShelf } from './checkpoint.shelf.js';
import { noSuchEntry, noSuchTile, notSignedYet } from './log.problems.js';
import { LogTiles } from './log.tiles.js';
import { PROVE_ENTRY, SHOW_BUNDLE } from './log.openapi.js';

const compress = promisify(gzip);

/** Who follows the log reads bundle after bundle. That is written down so often, or following would feed what it follows. */
const FOLLOWING_TOLD_EVERY_MS = 3_600_000;

/** An entry, and what proves that it is in the log that was signed. */
export interface InclusionProof {
  position: number;
  /** Of its leaf: the position, counted from 0. */
  index: number;
  /** The entry to the byte: what the leaf is the hash of. */
  leaf: string;
  checkpoint: string;
  /** From the leaf up, in base64: RFC 9162, 2.1.3.2, checks it. */
  proof: string[];
}

/** What was recorded, as the tree has it: for auditors. Personal values in it are sealed. */
@Controller()
@RequireKey()
export class EvidenceController {
  private readonly following = new Map<string, { since: number; recorded: Promise<void> }>();

  constructor(
    private readonly shelf: CheckpointShelf,
    private readonly log: LogTiles,
    private readonly entries: EntryReader,
    private readonly accesses: AccessLog,
    @Inject(CHECKPOINT_SETTINGS) private readonly settings: CheckpointSettings,
  ) {}

  @Get('tile/entries/*')
  @Describe(SHOW_BUNDLE)
  @Header('content-type', 'application/octet-stream')
  @Header('cache-control', 'private, max-age=31536000, immutable')
  @Header('vary', 'accept-encoding, authorization')
  async bundle(@Param('*') path: string, @Headers('accept-encoding') accepted: string | undefined, @Caller(AsAuditor) auditor: Auditor, @Res({ passthrough: true }) reply: HttpReply): Promise<Buffer> {
    auditor.mustExport();
    const place = bundlePlaceOf(`entries/${path}`);
    const size = (await this.shelf.newest())?.size ?? 0;
    if (place === undefined || place.width > tileWidth(size, 0, place.number)) throw noSuchTile();
    await this.recordFollowing(auditor, place.number);
    const bundle = await this.log.bundle(place.number, place.width);
    if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(accepted ?? '')) return bundle;
    reply.header('content-encoding', 'gzip');
    return compress(bundle);
  }

  @Get('v1/entries/:id/proof')
  @Describe(PROVE_ENTRY)
  async proof(@Param('id') text: string, @Caller(AsAuditor) auditor: Auditor): Promise<InclusionProof> {
    const id = entryIdOf(text);
    const found = await this.entries.leafOf(auditor, id);
    if (found === undefined) throw noSuchEntry();
    const { position, site, leaf } = found;
    const [newest] = await this.shelf.page(1);
    if (newest === undefined || newest.size < position) throw notSignedYet(this.settings.everyMs);
    await this.accesses.record({ did: 'proof.read', site, facts: { entry: id, position } }, auditor);
    const proof = await this.log.reader().inclusionProof(position - 1, newest.size);
    return { position, index: position - 1, leaf, checkpoint: newest.note, proof: proof.map((hash) => hash.toString('base64')) };
  }

  private async recordFollowing(auditor: Auditor, bundle: number): Promise<void> {
    const known = this.following.get(auditor.id);
    if (known !== undefined && Date.now() - known.since < FOLLOWING_TOLD_EVERY_MS) return known.recorded;
    const recorded = this.accesses.record({ did: 'log.exported', facts: { bundle } }, auditor);
    this.following.set(auditor.id, { since: Date.now(), recorded });
    await recorded.catch((error: unknown) => {
      this.following.delete(auditor.id);
      throw error;
    });
  }
}
