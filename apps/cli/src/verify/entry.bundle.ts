import { isUtf8 } from 'node:buffer';
import { HASH_BYTES, hashInto } from './merkle.hash.js';
import { TILE_WIDTH } from './tile.path.js';

const LENGTH_BYTES = 2;
const POSITION = Buffer.from('{"v":1,"position":');
const [ZERO, NINE, COMMA] = [0x30, 0x39, 0x2c];

/** Entries as they are served, with the hashes of their leaves. */
export interface Bundle {
  count: number;
  /** Of the leaves, one after another. */
  hashes: Buffer;
  /** What each entry says its position is; 0 where it says none. */
  positions: Float64Array;
  utf8: boolean;
  /** False where the bytes end within an entry, or go on after the last. */
  whole: boolean;
  entry(at: number): Buffer;
}

/** Reads at most `width` entries, each behind its length (C2SP tlog-tiles), and hashes them where they stand: `bytes` are changed. */
export function readBundle(bytes: Buffer, width = TILE_WIDTH): Bundle {
  const hashes = Buffer.allocUnsafe(width * HASH_BYTES);
  const positions = new Float64Array(width);
  const ends = new Uint32Array(width + 1);
  let [at, count] = [0, 0];
  for (; count < width && at + LENGTH_BYTES <= bytes.length; count += 1) {
    const end = at + LENGTH_BYTES + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    // The second byte of the length becomes the 0x00 that a leaf is hashed behind, so that nothing is copied.
    bytes[at] = 0;
    bytes[at + 1] = 0;
    hashInto(hashes, count * HASH_BYTES, bytes.subarray(at + 1, end));
    positions[count] = positionAt(bytes, at + LENGTH_BYTES, end);
    at = ends[count + 1] = end;
  }
  return {
    count,
    hashes: hashes.subarray(0, count * HASH_BYTES),
    positions,
    // The zeros between them are UTF-8 too, and keep them apart.
    utf8: isUtf8(bytes.subarray(0, at)),
    whole: at === bytes.length,
    entry: (index) => bytes.subarray((ends[index] ?? 0) + LENGTH_BYTES, ends[index + 1]),
  };
}

/** Where the entries of a full bundle that a tree of another size has end. */
export function endOf(bytes: Buffer, width: number): number {
  let at = 0;
  for (let count = 0; count < width && at + LENGTH_BYTES <= bytes.length; count += 1) at += LENGTH_BYTES + bytes.readUInt16BE(at);
  return Math.min(at, bytes.length);
}

/** The number in `{"v":1,"position":<number>,`, without reading the rest as JSON. */
export function positionAt(bytes: Uint8Array, from: number, to: number): number {
  for (let at = 0; at < POSITION.length; at += 1) if (bytes[from + at] !== POSITION[at]) return 0;
  let [position, at] = [0, from + POSITION.length];
  for (; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === COMMA) return Number.isSafeInteger(position) ? position : 0;
    if (byte < ZERO || byte > NINE || (byte === ZERO && position === 0)) return 0;
    position = position * 10 + byte - ZERO;
  }
  return 0;
}

/** The same entry, had it been written at another position. */
export function movedTo(position: number, entry: Buffer): Buffer {
  const rest = entry.indexOf(COMMA, POSITION.length);
  return Buffer.concat([POSITION, Buffer.from(String(position)), entry.subarray(rest)]);
}
