import { describe, expect, it } from 'vitest';
import { type Checkpoint } from './checkpoint.js';
import { readBundle } from './entry.bundle.js';
import { type Finding } from './finding.js';
import { entryText, renumbered, TestLog } from './log.test-kit.js';
import { verifyLog } from './log.verifier.js';
import { rootOf } from './merkle.hash.js';

const SIZE = 600;

const verified = (log: TestLog, older: Checkpoint[] = []) => verifyLog(log, log.open(), older, { contents: true });
const short = ({ code, from, to }: Finding): string => `${code} ${from}${to === from ? '' : `-${to}`}`;
const found = async (log: TestLog, older: Checkpoint[] = []): Promise<string[]> => (await verified(log, older)).findings.map(short);

/** A log whose rows were tampered with; tiles and checkpoint stay as they were. */
function tampered(change: (rows: (string | undefined)[]) => void, size = SIZE): TestLog {
  const log = new TestLog(size);
  change(log.served);
  return log;
}

function closeGap(rows: (string | undefined)[], from: number): number {
  for (const [at, row] of rows.entries()) if (at >= from && row !== undefined) rows[at] = renumbered(row, at + 1);
  return rows.length;
}

describe('a log that is what it says', () => {
  it.each([0, 1, 255, 256, 257, 600])('is all right with %i entries', async (size) => {
    expect(await verified(new TestLog(size))).toMatchObject({ entries: size, findings: [], agreed: 0 });
  });

  it('goes on from each of its older checkpoints, wherever within a tile they are', async () => {
    const log = new TestLog(SIZE);
    const older = [0, 1, 2, 255, 256, 300, 512, 599, 600].map((size) => log.open(log.sign(size)));
    expect(await verified(log, older)).toMatchObject({ findings: [], agreed: older.length });
  });

  it('is all right where tiles further up are needed', async () => {
    expect(await found(new TestLog(66_000, (position) => `{"v":1,"position":${position},"envelope":{"id":"01a20411-bb52-7000-8cea-${String(position).padStart(12, '0')}"}}`))).toEqual([]);
  }, 60_000);
});

describe('tampering with entries, under a checkpoint from before', () => {
  it.each<[string, (rows: (string | undefined)[]) => void, string[]]>([
    ['an entry was changed', (rows) => (rows[299] = rows[299]!.replace('Grüße', 'Grüsse')), ['ENTRY_CHANGED 300']],
    ['a single space was added', (rows) => (rows[0] = `${rows[0]!} `), ['ENTRY_CHANGED 1']],
    ['several were changed', (rows) => [3, 4, 5, 511].forEach((at) => (rows[at] = rows[at]!.replace('lead', 'Lead'))), ['ENTRY_CHANGED 4-6', 'ENTRY_CHANGED 512']],
    ['an entry was deleted, and leaves a gap', (rows) => (rows[399] = undefined), ['ENTRY_MISSING 400']],
    ['an entry was deleted, those after it moved up and were numbered anew', (rows) => (rows.splice(299, 1), closeGap(rows, 299)), ['ENTRY_REMOVED 300-599']],
    ['the same at the end of a tile', (rows) => (rows.splice(255, 1), closeGap(rows, 255)), ['ENTRY_REMOVED 256-599']],
    ['the same, and one was put at the end to hide it', (rows) => (rows.splice(299, 1), rows.push(entryText(9_999)), closeGap(rows, 299)), ['ENTRY_REMOVED 300-600']],
    ['the last but one was deleted, and the last numbered anew', (rows) => (rows.splice(598, 1), closeGap(rows, 598)), ['ENTRY_REMOVED 599']],
    ['an entry was put in, and the last is beyond the end', (rows) => (rows.splice(299, 0, entryText(9_999)), rows.pop(), closeGap(rows, 299)), ['ENTRY_INSERTED 300-600']],
    ['two distant entries changed places', (rows) => ([rows[9], rows[499]] = [rows[499], rows[9]]), ['ENTRY_MISPLACED 10', 'ENTRY_MISPLACED 500']],
    ['two neighbours changed places', (rows) => ([rows[9], rows[10]] = [rows[10], rows[9]]), ['ENTRY_MISPLACED 10-11']],
    ['two neighbours changed places and numbers', (rows) => (([rows[9], rows[10]] = [rows[10], rows[9]]), closeGap(rows, 9)), ['ENTRY_MISPLACED 10-11']],
    ['the tail was cut off', (rows) => (rows.length = 555), ['LOG_CUT 556-600']],
    ['the tail was cut off at a tile', (rows) => (rows.length = 512), ['LOG_CUT 513-600']],
  ])('%s', async (_, change, findings) => {
    expect(await found(tampered(change))).toEqual(findings);
  });
});

describe('tampering with entries and tiles', () => {
  const edited = () => tampered((rows) => (rows[299] = rows[299]!.replace('Grüße', 'Grüsse'))).rewrite();
  const honest = new TestLog(SIZE);
  const at = (...sizes: number[]): Checkpoint[] => sizes.map((size) => honest.open(honest.sign(size), `checkpoint ${size}`));

  it('is known by the root, and narrowed by the older checkpoints', async () => {
    expect(await found(edited())).toEqual(['TREE_REWRITTEN 1-600']);
    expect(await found(edited(), at(100, 290, 450))).toEqual(['TREE_REWRITTEN 291-450']);
    expect((await verified(edited(), at(100, 290, 450))).agreed).toBe(2);
  });

  it('is narrowed to a tile where one further up was forgotten', async () => {
    const log = edited();
    log.forged.set('1/0', (await honest.tile(1, 0, 2))!);
    expect(await found(log)).toEqual(['TREE_REWRITTEN 257-512']);
  });

  it('is a fork when the checkpoint was signed anew: with an older one it is proof against the log', async () => {
    const log = edited();
    log.note = log.sign();
    expect(await found(log)).toEqual([]);
    expect(await found(log, at(256, 400, 500))).toEqual(['LOG_FORKED 257-400']);
    expect(await found(log, at(600))).toEqual(['LOG_FORKED 1-600']);
  });

  it('is a cut log when the end was cut off and the rest signed anew', async () => {
    const log = tampered((rows) => (rows.length = 555)).rewrite();
    log.note = log.sign();
    expect(await found(log)).toEqual([]);
    expect(await found(log, at(300, 580))).toEqual(['LOG_CUT 556-580']);
  });

  it('does not hide a position that an entry says of itself', async () => {
    const log = tampered((rows) => rows.splice(299, 1)).rewrite();
    log.note = log.sign();
    expect(await found(log)).toEqual(['ENTRY_MISPLACED 300-599']);
  });
});

describe('what else is looked at', () => {
  it('a wrong or missing tile does not blame the entries', async () => {
    const log = new TestLog(SIZE);
    const tile = (await log.tile(0, 1, 256))!;
    tile[40]! ^= 1;
    log.forged.set('0/1', tile).set('1/0', Buffer.alloc(64)).set('0/2', Buffer.alloc(0));
    const { findings } = await verified(log);
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(['TILE_WRONG']));
    expect(findings[0]).toMatchObject({ from: 258, to: 258 });
  });

  it('an entry that is not UTF-8 is named, and its neighbours are not', async () => {
    const log = new TestLog(3, (position) => (position === 2 ? `${entryText(2).slice(0, -1)}\ud800}` : entryText(position)));
    const entries = (await log.entries(0, 3))!;
    const at = entries.indexOf('\ufffd');
    entries[at] = 0xff;
    log.entries = () => Promise.resolve(Buffer.from(entries));
    for (const contents of [true, false]) {
      const { findings } = await verifyLog(log, log.open(), [], { contents });
      expect(findings.map(short)).toEqual(['ENTRY_CHANGED 2']);
    }
    const leaves = readBundle(Buffer.from(entries), 3).hashes;
    log.tile = () => Promise.resolve(leaves);
    const { findings } = await verifyLog(log, { ...log.open(), root: rootOf(leaves) }, [], { contents: false });
    expect(findings.map(short)).toEqual(['ENTRY_UNREADABLE 2']);
  });

  it('entries that were recorded badly are named, though the tree has them', async () => {
    const bad: Record<number, string> = {
      2: entryText(1).replace('"position":1', '"position":2'),
      3: '{"v":1,"position":3,',
      4: entryText(4, { personal: { person: 'p', fields: ['/a'], sealed: 'abc' } }),
      5: entryText(5, { blob: 'no hash' }),
      6: entryText(6, { personal: { person: 'p', fields: [], sha256: 'a'.repeat(64) } }),
      7: 'no entry',
      8: entryText(8, { personal: { person: 'p', fields: ['/a'], sealed: Buffer.alloc(40).toString('base64') } }),
      9: entryText(9, { erased: true }),
      10: entryText(10, { erased: true, personal: { person: 'p', fields: ['/a'], sealed: Buffer.alloc(40).toString('base64') } }),
    };
    const result = await verified(new TestLog(10, (position) => bad[position] ?? entryText(position)));
    expect(result.findings.map(short)).toEqual(['ENTRY_MISPLACED 7', 'ENTRY_REPEATED 2', 'ENTRY_UNREADABLE 3', 'ENTRY_UNREADABLE 4', 'ENTRY_UNREADABLE 5', 'ENTRY_UNREADABLE 7', 'ENTRY_UNREADABLE 10']);
    expect(result.beside).toBe(1);
  });
});
