import { hash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WORKSPACE } from '../workspace.js';
import type { Measuring } from './benchmark.js';
import { type Figure, median, type Result } from './figure.js';
import { takeTurns } from './rounds.js';
import { customerEvents } from './samples.js';

const ENTRIES = 100_000;
const WIDTH = 256;
const AIM_PER_SECOND = 200_000;
const TURN_MS = 1_500;

/** What the benchmark needs of `posthorn audit verify`: an app is known by its build, not by its source. */
interface Verifier {
  verifyLog(log: object, checkpoint: object, older: readonly never[], options: { contents: boolean }): Promise<{ entries: number; findings: object[] }>;
  readBundle: (bytes: Buffer, width: number) => { hashes: Buffer };
  TreeBuilder: new () => { append(leaves: Buffer): void; root(): Buffer; takeFull(): Tile[]; partial(): Tile[] };
}

interface Tile {
  level: number;
  number: number;
  hashes: Buffer;
}

/** How fast one core verifies a log whose entries are there already; the network has no part in it. */
export async function measureVerify({ progress }: Measuring): Promise<Result> {
  const verifier = await loadVerifier();
  const entries = customerEvents(ENTRIES, 'verify').map((envelope, at) => Buffer.from(entryText(at + 1, envelope)));
  const { log, checkpoint } = served(entries, verifier);
  const verify = (contents: boolean) => perSecond(async () => {
    const { findings } = await verifier.verifyLog(log, checkpoint, [], { contents });
    if (findings.length > 0) throw new Error(`the log of the benchmark is not what it says: ${JSON.stringify(findings[0])}`);
  });
  const bare = () => perSecond(() => {
    for (const entry of entries) hash('sha256', entry, 'binary');
    return Promise.resolve();
  });
  const figures: Figure[] = [];
  for (const contents of [false, true]) {
    await verify(contents);
    await bare();
    const turns = await takeTurns({ ours: () => verify(contents), bare }, progress, (value) => `${Math.round(value).toLocaleString('en')} entries/s`);
    const what = contents ? 'entries verified, each read as JSON' : 'entries verified';
    figures.push({ what, unit: '/s', better: 'higher', ours: median(turns.ours), bare: median(turns.bare), aim: contents ? undefined : { of: 'ours', value: AIM_PER_SECOND } });
  }
  const bytes = Math.round(entries.reduce((sum, { length }) => sum + length, 0) / ENTRIES);
  return {
    name: 'verify',
    title: `Verifying a log of ${ENTRIES.toLocaleString('en')} entries, ${bytes} bytes each, per second of processor time`,
    ours: 'posthorn audit verify without the network: leaves, tree, tiles, positions, UTF-8',
    bare: 'SHA-256 of the same entries, one after the other, as fast as Node has it',
    figures,
  };
}

async function loadVerifier(): Promise<Verifier> {
  const parts = await Promise.all(['log.verifier', 'entry.bundle', 'tree.builder'].map((name) => import(pathToFileURL(join(WORKSPACE, 'apps', 'cli', 'dist', 'verify', `${name}.js`)).href)));
  return Object.assign({}, ...(parts as object[])) as Verifier;
}

/** As audit writes it: with a pseudonym and the sealed values in the place of the person. */
function entryText(position: number, envelope: string): string {
  const attributes = JSON.parse(envelope) as { id: string };
  const personal = { person: attributes.id, fields: ['/person/email', '/person/name'], sealed: Buffer.alloc(40, position).toString('base64') };
  return JSON.stringify({ v: 1, position, recordedAt: new Date(0).toISOString(), kind: 'event', event: attributes.id, envelope: { ...attributes, data: {} }, personal });
}

/** The log as a server would hand it out, from memory. */
function served(entries: readonly Buffer[], { readBundle, TreeBuilder }: Verifier): { log: object; checkpoint: object } {
  const tree = new TreeBuilder();
  const tiles = new Map<string, Buffer>();
  const bundles: Buffer[] = [];
  for (let from = 0; from < entries.length; from += WIDTH) {
    const bundle = Buffer.concat(entries.slice(from, from + WIDTH).flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 0xff), entry]));
    const { hashes } = readBundle(Buffer.from(bundle), Math.min(WIDTH, entries.length - from));
    tiles.set(`0/${bundles.length}`, hashes);
    bundles.push(bundle);
    tree.append(hashes);
  }
  for (const { level, number, hashes } of [...tree.takeFull(), ...tree.partial()]) tiles.set(`${level}/${number}`, Buffer.from(hashes));
  const log = {
    // Hashing changes the bytes, as it may with those that came over the network.
    entries: (number: number) => Promise.resolve(Buffer.from(bundles[number] ?? [])),
    tile: (level: number, number: number) => Promise.resolve(tiles.get(`${level}/${number}`)),
  };
  return { log, checkpoint: { size: entries.length, root: tree.root(), source: 'the checkpoint' } };
}

/** Of processor time: neither side waits for anything, so the time that other programs had says nothing of them. */
async function perSecond(once: () => Promise<void>): Promise<number> {
  const began = performance.now();
  const before = process.cpuUsage();
  let entries = 0;
  do {
    await once();
    entries += ENTRIES;
  } while (performance.now() - began < TURN_MS);
  const { user, system } = process.cpuUsage(before);
  return (entries * 1_000_000) / (user + system);
}
