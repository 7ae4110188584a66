import { createHash } from 'node:crypto';

export interface RecordedEntry {
  position: number;
  id: string;
  leaf: string;
}

export interface SignedSize {
  size: number;
  /** In base64. */
  root: string;
}

export interface LogVerdict {
  entries: number;
  /** Sent, and not in the log. */
  lost: number;
  /** In the log more than once. */
  twice: number;
  /** Positions that do not follow on the one before. */
  gaps: number;
  checkpoints: number;
  /** Checkpoints that are not the beginning of this log. */
  forked: number;
}

const sha = (...parts: Uint8Array[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** Builds the tree anew from the entries alone (RFC 6962, 2.1), and holds what was sent and what was signed against it. */
export function judgeLog(sent: readonly string[], entries: readonly RecordedEntry[], signed: readonly SignedSize[]): LogVerdict {
  const roots = new Map(signed.map(({ size }) => [size, '']));
  const peaks: { leaves: number; hash: Buffer }[] = [];
  let gaps = 0;
  for (const [at, { position, leaf }] of entries.entries()) {
    if (position !== at + 1) gaps += 1;
    let peak = { leaves: 1, hash: sha(Buffer.from([0]), Buffer.from(leaf)) };
    for (let left = peaks.at(-1); left?.leaves === peak.leaves; left = peaks.at(-1)) {
      peaks.pop();
      peak = { leaves: 2 * peak.leaves, hash: sha(Buffer.from([1]), left.hash, peak.hash) };
    }
    peaks.push(peak);
    if (roots.has(at + 1)) roots.set(at + 1, peaks.map(({ hash }) => hash).reduceRight((right, left) => sha(Buffer.from([1]), left, right)).toString('base64'));
  }
  const recorded = new Set(entries.map(({ id }) => id));
  return {
    entries: entries.length,
    lost: sent.filter((id) => !recorded.has(id)).length,
    twice: entries.length - recorded.size,
    gaps,
    checkpoints: signed.length,
    forked: signed.filter(({ size, root }) => roots.get(size) !== root).length,
  };
}
