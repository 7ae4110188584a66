import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type Checkpoint, openCheckpoint, type Trust } from './checkpoint.js';
import { parseVerifierKey, parseWitnessKey } from './signed.note.js';
import { type LogSource } from './log.source.js';

const sha256 = (...parts: Uint8Array[]): Buffer => parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest();

/** RFC 9162, 2.1, word for word: slow, and by recursion, unlike what it tests. */
export const naive = {
  leaf: (data: Uint8Array): Buffer => sha256(Buffer.of(0), data),
  root(leaves: readonly Buffer[]): Buffer {
    if (leaves.length <= 1) return leaves[0] ?? sha256();
    const k = split(leaves.length);
    return sha256(Buffer.of(1), naive.root(leaves.slice(0, k)), naive.root(leaves.slice(k)));
  },
  path(m: number, leaves: readonly Buffer[]): Buffer[] {
    if (leaves.length <= 1) return [];
    const k = split(leaves.length);
    return m < k ? [...naive.path(m, leaves.slice(0, k)), naive.root(leaves.slice(k))] : [...naive.path(m - k, leaves.slice(k)), naive.root(leaves.slice(0, k))];
  },
  consistency: (m: number, leaves: readonly Buffer[]): Buffer[] => (m === 0 || m === leaves.length ? [] : subproof(m, leaves, true)),
};

function subproof(m: number, leaves: readonly Buffer[], known: boolean): Buffer[] {
  if (m === leaves.length) return known ? [] : [naive.root(leaves)];
  const k = split(leaves.length);
  return m <= k ? [...subproof(m, leaves.slice(0, k), known), naive.root(leaves.slice(k))] : [...subproof(m - k, leaves.slice(k), false), naive.root(leaves.slice(0, k))];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

const keyOf = (seed: number) => createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seed)]), format: 'der', type: 'pkcs8' });

/** A key, by a number, and what it signs. */
export class TestSigner {
  private readonly key;
  readonly verifierKey: string;
  private readonly id: Buffer;

  constructor(
    readonly name: string,
    seed = 1,
    private readonly type = 1,
  ) {
    this.key = keyOf(seed);
    const raw = createPublicKey(this.key).export({ format: 'der', type: 'spki' }).subarray(-32);
    const encoded = Buffer.concat([Buffer.of(type), raw]);
    this.id = sha256(Buffer.from(`${name}\n`), encoded).subarray(0, 4);
    this.verifierKey = `${name}+${this.id.toString('hex')}+${encoded.toString('base64')}`;
  }

  line(text: string): string {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(1_795_000_000n);
    const message = this.type === 4 ? `cosignature/v1\ntime 1795000000\n${text}` : text;
    return `— ${this.name} ${Buffer.concat([this.id, ...(this.type === 4 ? [time] : []), sign(null, Buffer.from(message), this.key)]).toString('base64')}\n`;
  }
}

export const ORIGIN = 'example.org/log';
const signer = new TestSigner(ORIGIN);
export const TRUST: Trust = { origin: ORIGIN, keys: [parseVerifierKey(signer.verifierKey)!], witnesses: [] };
export const VERIFIER_KEY = signer.verifierKey;
export const WITNESS = new TestSigner('witness.example', 2, 4);
export const trusting = (witness: string): Trust => ({ ...TRUST, witnesses: [parseWitnessKey(witness)!] });

/** An entry as audit writes it. */
export function entryText(position: number, more: object = {}): string {
  const id = `01a20411-bb52-7${(position % 4096).toString(16).padStart(3, '0')}-8cea-${createHash('sha256').update(String(position)).digest('hex').slice(0, 12)}`;
  return JSON.stringify({ v: 1, position, recordedAt: '2026-11-22T10:00:00.000Z', kind: 'event', event: id, envelope: { id, type: 'lead.submitted', data: { message: 'Grüße' } }, ...more });
}

export const renumbered = (text: string, position: number): string => text.replace(/^{"v":1,"position":\d+,/, `{"v":1,"position":${position},`);

/** A log whose keeper can be made to cheat: `served` is what is handed out, `tree` what the tiles are made of. */
export class TestLog implements LogSource {
  served: (string | undefined)[];
  tree: string[];
  note: string;
  private hashed: { of: string[]; leaves: Buffer[] } | undefined;
  /** Bytes of a tile that are served in the place of right ones, by level and number. */
  readonly forged = new Map<string, Buffer>();

  constructor(size: number, make: (position: number) => string = (position) => entryText(position)) {
    this.tree = Array.from({ length: size }, (_, at) => make(at + 1));
    this.served = [...this.tree];
    this.note = this.sign();
  }

  /** A note over the tree as it is now, or over the beginning of it. */
  sign(size = this.tree.length, ...cosigners: TestSigner[]): string {
    const text = `${ORIGIN}\n${size}\n${naive.root(this.leaves.slice(0, size)).toString('base64')}\n`;
    return `${text}\n${[signer, ...cosigners].map((one) => one.line(text)).join('')}`;
  }

  open(note = this.note, source = 'the latest checkpoint'): Checkpoint {
    return openCheckpoint(Buffer.from(note), TRUST, source);
  }

  /** Rewrites tree and tiles to what is handed out. */
  rewrite(): this {
    this.tree = this.served.filter((entry) => entry !== undefined);
    return this;
  }

  get leaves(): Buffer[] {
    if (this.hashed?.of !== this.tree) this.hashed = { of: this.tree, leaves: this.tree.map((entry) => naive.leaf(Buffer.from(entry))) };
    return this.hashed.leaves;
  }

  checkpoint = (): Promise<Buffer | undefined> => Promise.resolve(Buffer.from(this.note));

  entries(number: number, width: number): Promise<Buffer | undefined> {
    const served = this.served.slice(number * 256, number * 256 + width).filter((entry) => entry !== undefined).map((entry) => Buffer.from(entry));
    const bytes = Buffer.concat(served.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]));
    return Promise.resolve(served.length === 0 ? undefined : bytes);
  }

  tile(level: number, number: number, width: number): Promise<Buffer | undefined> {
    const span = 256 ** level;
    const hashes = Array.from({ length: width }, (_, at) => (number * 256 + at) * span).map((from) => this.leaves.slice(from, from + span));
    const served = this.forged.get(`${level}/${number}`) ?? Buffer.concat(hashes.filter(({ length }) => length === span).map((leaves) => naive.root(leaves)));
    return Promise.resolve(served.length === 0 ? undefined : served);
  }
}

/** The lines of an export, and the last one that seals them. */
export function sealed(lines: readonly object[], entries = lines.length - 1, by = signer): string {
  const bytes = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const digest = createHash('sha256').update(bytes).digest('hex');
  const text = `posthorn export\n${ORIGIN}\n${entries}\n${digest}\n`;
  return `${bytes}${JSON.stringify({ end: { entries, sha256: digest }, note: `${text}\n${by.line(text)}` })}\n`;
}
