import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type World } from '../../cli.context.js';
import { folderOfKnownLog, knownVerifierKeys } from '../../client.settings.js';
import { CliError, EXIT, misuse } from '../../cli.error.js';
import { COMMON } from '../../command.js';
import { type Checkpoint, openCheckpoint, type Trust } from '../../verify/checkpoint.js';
import { folderOf, notesIn } from '../../verify/checkpoint.folder.js';
import { type Finding, untrue, Untrue } from '../../verify/finding.js';
import { type LogSource } from '../../verify/log.source.js';
import { parseVerifierKey, parseWitnessKey, type VerifierKey } from '../../verify/signed.note.js';

export const TRUST = { ...COMMON, 'verifier-key': { type: 'string', multiple: true }, origin: { type: 'string' }, 'witness-key': { type: 'string', multiple: true }, remember: { type: 'string' } } as const;

interface TrustFlags {
  'verifier-key'?: string[];
  'witness-key'?: string[];
  origin?: string;
  url?: string;
}

/** Whom the auditor believes. Never a key that the log hands out, which proves nothing about the log. */
export function trustOf(flags: TrustFlags, world: World): Trust {
  const given = givenKeys(flags, world) ?? knownVerifierKeys(flags, world);
  const keys = given.map((text) => readKey(text, parseVerifierKey, '--verifier-key'));
  const [first] = keys;
  if (first === undefined) throw new CliError(EXIT.usage, 'Whose signature is to be believed? No verifier key was given.', "Get the log's verifier key from its operator, and give it as --verifier-key or in POSTHORN_AUDIT_VERIFIER_KEY.");
  return { origin: flags.origin ?? first.name, keys, witnesses: (flags['witness-key'] ?? []).map((text) => readKey(text, parseWitnessKey, '--witness-key')) };
}

function givenKeys(flags: TrustFlags, { env }: World): readonly string[] | undefined {
  const inEnvironment = (env['POSTHORN_AUDIT_VERIFIER_KEY'] ?? '').split(/\s+/).filter((key) => key !== '');
  return flags['verifier-key'] ?? (inEnvironment.length > 0 ? inEnvironment : undefined);
}

function readKey(text: string, parse: (text: string) => VerifierKey | undefined, flag: string): VerifierKey {
  const key = parse(text);
  if (key === undefined) throw misuse(`${flag} "${text}" is no Ed25519 verifier key <name>+<id>+<base64>, or not copied whole.`, 'audit');
  return key;
}

export function rememberedIn(flags: TrustFlags & { remember?: string }, { origin }: Trust, world: World): string {
  if (flags.remember !== undefined) return resolve(world.cwd, flags.remember);
  return (givenKeys(flags, world) === undefined ? folderOfKnownLog(flags, world) : undefined) ?? folderOf(origin, world);
}

/** Older checkpoints out of files and folders, and what is wrong with those that cannot be used. */
export function olderIn(paths: readonly string[], remembered: string, trust: Trust, { cwd }: World): { older: Checkpoint[]; findings: Finding[] } {
  const older: Checkpoint[] = [];
  const findings: Finding[] = [];
  for (const { source, note } of [...paths, ...(existsSync(remembered) ? [remembered] : [])].flatMap((path) => notesIn(path, cwd))) {
    try {
      older.push(openCheckpoint(note, trust, source));
    } catch (error) {
      findings.push(findingOf(error));
    }
  }
  return { older, findings };
}

/** What an Untrue tells of. Throws everything else on. */
export function findingOf(error: unknown): Finding {
  if (error instanceof Untrue) return error.finding;
  throw error;
}

export async function checkpointOf(log: LogSource, trust: Trust, url: string): Promise<Checkpoint> {
  const note = await log.checkpoint();
  if (note === undefined) throw new CliError(EXIT.unreachable, `There is no log at ${url}: it has no checkpoint.`, 'Check --url; a log that is new has its first checkpoint within seconds.');
  if (note.length === 0) throw untrue('CHECKPOINT_UNREADABLE', 'the latest checkpoint is empty.');
  return openCheckpoint(note, trust, 'the latest checkpoint');
}
