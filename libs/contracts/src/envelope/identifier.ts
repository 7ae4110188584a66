import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Canonical, lower-case UUIDv7: one event has one spelling in every table and header. */
export const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

// To ask the system for random bytes costs more than all the rest of an id, so it is asked once for many.
const BYTES_PER_ID = 16;
const pool = new Uint8Array(256 * BYTES_PER_ID);
let used = pool.length;
let last = { msecs: 0, seq: 0 };

/** A new UUIDv7; within one process they ascend. */
export function newId(): string {
  const random = randomBytes();
  const now = Date.now();
  // RFC 9562, 6.2: within one millisecond, or when the clock goes back, the number after the time goes up.
  if (now > last.msecs) last = { msecs: now, seq: new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1 };
  else if (last.seq < 0xffffffff) last.seq += 1;
  else last = { msecs: last.msecs + 1, seq: 0 };
  return v7({ ...last, random });
}

function randomBytes(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.subarray(used, (used += BYTES_PER_ID));
}

/** When the id was made, to the millisecond: for an event, its acceptance. Throws RangeError for anything but a UUIDv7. */
export function acceptedAtOf(id: string): Date {
  if (!UUID_V7.test(id)) throw new RangeError('Not a UUIDv7, so it carries no time. Ids of events come from newId().');
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
