import { type Finding } from './finding.js';
import { type Ranges } from './ranges.js';
import { type TreeBuilder } from './tree.builder.js';

/** What was seen on the way through the log. Indices count from 0. */
export interface Seen {
  /** How many entries there was anything of, entry or hash. */
  reached: number;
  /** Of the entries alone; undefined when some are missing. */
  byEntries: TreeBuilder | undefined;
  /** Of the hash tiles, from where they differ from the entries; undefined where they do not. */
  byTiles: TreeBuilder | undefined;
  /** Entries that do not hash to what is in their tile, those that say another position, and those not handed out. */
  differing: Ranges;
  elsewhere: Ranges;
  missing: Ranges;
  /** By level above the leaves: which hashes of the tiles are not those of what lies below. */
  uppers: Map<number, Ranges>;
  tileNotes: string[];
  contentNotes: Finding[];
  unlisted: number;
}
