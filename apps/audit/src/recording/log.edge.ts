import { Injectable } from '@nestjs/common';
import { prepared, type Transaction } from '@posthorn/persistence';
import { leafHash } from '../tree/merkle.hash.js';
import { TILE_WIDTH } from '../tree/tile.js';
import { TreeEdge } from '../tree/tree.edge.js';

/** Where the log ends: its size, and the id of its last entry. */
export interface LogEnd {
  size: number;
  lastId: string | undefined;
}

const LAST_LEAVES = prepared('SELECT leaf FROM entries WHERE position > $1 ORDER BY position');
const LAST_ROOTS = prepared('SELECT root FROM tiles WHERE level = $1 AND number >= $2 ORDER BY number');

/** The right edge of the log's tree, remembered from batch to batch; read again where another replica has written since. */
@Injectable()
export class LogEdge {
  private edge = TreeEdge.empty();
  private lastId: string | undefined;

  /** The edge of the log as it ends now. Whoever appends to it keeps the outcome once it is committed. */
  async at(tx: Transaction, { size, lastId }: LogEnd): Promise<TreeEdge> {
    // By its id too: a database that was set back may have grown to the same size again, by other entries.
    return this.edge.size === size && this.lastId === lastId ? this.edge.clone() : read(tx, size);
  }

  keep(edge: TreeEdge, lastId: string | undefined): void {
    this.edge = edge;
    this.lastId = lastId;
  }
}

async function read(tx: Transaction, size: number): Promise<TreeEdge> {
  const leaves = await tx.query<{ leaf: string }>(LAST_LEAVES, [size - (size % TILE_WIDTH)]);
  const partial: Uint8Array[][] = [leaves.map(({ leaf }) => leafHash(Buffer.from(leaf)))];
  for (let level = 1; TILE_WIDTH ** level <= size; level += 1) {
    const tiles = Math.floor(size / TILE_WIDTH ** level);
    const rows = await tx.query<{ root: Buffer }>(LAST_ROOTS, [level - 1, tiles - (tiles % TILE_WIDTH)]);
    partial.push(rows.map(({ root }) => root));
  }
  return TreeEdge.of(size, partial);
}
