import { createHash, hash, type Hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Export } from './export.format.js';

/** How far an export has come: its entries up to a position, and the digest of their lines. */
export interface SealMark {
  position: number;
  entries: number;
  digest: Hash;
}

const EXPORTS = 32;
/** A reader can be behind by what lies in the buffers between us: some batches. */
const MARKS = 64;

export const firstMark = (head: string): SealMark => ({ position: 0, entries: 0, digest: createHash('sha256').update(head) });

/**
 * Remembers how far exports came, so that one that broke off and is continued need not be read again from its
 * beginning for the sake of its seal. Where nobody remembers, after a restart or at another replica, it is.
 */
@Injectable()
export class SealMarks {
  private readonly marks = new Map<string, SealMark[]>();

  keep(of: Export, { digest, ...mark }: SealMark): void {
    const name = nameOf(of);
    const before = (this.marks.get(name) ?? []).filter(({ position }) => position < mark.position);
    const kept = [...before, { ...mark, digest: digest.copy() }].slice(-MARKS);
    // The one that was added to longest ago is the first.
    this.marks.delete(name);
    this.marks.set(name, kept);
    const [oldest] = this.marks.keys();
    if (this.marks.size > EXPORTS && oldest !== undefined) this.marks.delete(oldest);
  }

  /** The last one at or before the position. */
  nearest(of: Export, position: number): SealMark | undefined {
    const mark = this.marks.get(nameOf(of))?.findLast((one) => one.position <= position);
    return mark && { ...mark, digest: mark.digest.copy() };
  }
}

function nameOf({ filter, checkpoint, auditor }: Export): string {
  return hash('sha256', JSON.stringify([filter, checkpoint, auditor]));
}
