import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { SignedLog } from '../log/log.test-kit.js';
import { isIncluded, openNote, rootOver } from '../log/verifier.test-kit.js';
import { AUDITOR } from '../testing/audit.test-kit.js';

export interface Piece {
  status: number;
  headers: Headers;
  text: string;
}

interface Line {
  entry: string;
  data?: unknown;
  personal?: Record<string, unknown>;
  index?: number;
  proof?: string[];
}

/** What clients do with exports. */
export class Exporting {
  constructor(private readonly log: SignedLog) {}

  async export(parameters: Record<string, string | number> = {}, key = AUDITOR): Promise<Piece> {
    const answer = await this.log.fetch(this.pathOf(parameters), key);
    return { status: answer.status, headers: answer.headers, text: Buffer.from(await answer.arrayBuffer()).toString() };
  }

  /** An answer that is read only when somebody asks for it. */
  async open(parameters: Record<string, string | number> = {}): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const base = await this.log.url();
    get(base + this.pathOf(parameters), { headers: { authorization: `Bearer ${AUDITOR}` } }, resolve).on('error', reject);
    return promise;
  }

  private pathOf(parameters: Record<string, string | number>): string {
    return `/v1/export?${new URLSearchParams({ format: 'ndjson', ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])) }).toString()}`;
  }
}

export const positionIn = (line: string): number => (JSON.parse((JSON.parse(line) as Line).entry) as { position: number }).position;

/** What is left of an answer that broke off: its whole lines of entries, and where to go on. */
export function brokenAfter(whole: string, lines: number): { kept: string; after: number } {
  const all = whole.split('\n');
  return { kept: `${all.slice(0, lines + 1).join('\n')}\n`, after: positionIn(all[lines] ?? '') };
}

/** Checks an export as a stranger would, and answers its entries; throws for one that was altered. */
export function verified(text: string, verifierKey: string): Line[] {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length < 2) throw new Error('cut');
  const { end, note } = JSON.parse(lines.at(-1) ?? '') as { end?: { entries: number; sha256: string }; note: string };
  if (end === undefined) throw new Error('cut');
  const before = text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1);
  if (createHash('sha256').update(before).digest('hex') !== end.sha256) throw new Error('digest');
  const { log } = JSON.parse(lines[0] ?? '') as { log: { origin: string; size: number; checkpoint: string } };
  openNote(note, verifierKey);
  if (!note.startsWith(`posthorn export\n${log.origin}\n${end.entries}\n${end.sha256}\n\n`)) throw new Error('seal');
  const head = openNote(log.checkpoint, verifierKey);
  const entries = lines.slice(1, -1).map((line) => JSON.parse(line) as Line);
  if (entries.length !== end.entries || head.size !== log.size) throw new Error('count');
  const proven = entries.every(({ entry, index, proof }) => proof !== undefined && isIncluded(Buffer.from(entry), index ?? -1, head.size, head.root, proof));
  if (!proven && rootOver(entries.map(({ entry }) => Buffer.from(entry))) !== head.root) throw new Error('root');
  return entries;
}
