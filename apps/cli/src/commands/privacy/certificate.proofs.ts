import { setTimeout as pause } from 'node:timers/promises';
import { CliError } from '../../cli.error.js';
import { type Access } from '../../client.settings.js';
import { call } from '../../http.client.js';
import { type Checkpoint, type Trust } from '../../verify/checkpoint.js';
import { type Finding, untrue } from '../../verify/finding.js';
import { compareWithLatest } from '../audit/continuation.js';
import { type Answer, type Proven, provenBy } from '../audit/proof.js';
import { findingOf } from '../audit/trust.js';
import { type Claim } from './certificate.claims.js';

const AGAIN_MS = 1_000;

export interface Proving {
  /** Entries that are what the certificate says, and in the log that was signed. */
  proven: number;
  /** Entries that no checkpoint has yet. */
  unsigned: number;
  findings: Finding[];
}

export interface Against {
  access: Access;
  trust: Trust;
  older: readonly Checkpoint[];
  /** So long an entry that is not signed yet is waited for. */
  until: number;
}

/** Verifies each entry that a certificate names: that it is in the signed log, and that it is what it is taken for. */
export async function proveClaims(claims: readonly Claim[], { access, trust, older, until }: Against): Promise<Proving> {
  const findings: Finding[] = [];
  const checkpoints = new Map<number, Checkpoint>();
  let [proven, unsigned] = [0, 0];
  for (const claim of claims) {
    try {
      const answer = await proofOf(claim.id, access, until);
      if (answer === undefined) {
        unsigned += 1;
        continue;
      }
      const { checkpoint } = proves(claim, provenBy(answer, claim.id, trust));
      checkpoints.set(checkpoint.size, checkpoint);
      proven += 1;
    } catch (error) {
      findings.push(findingOf(error));
    }
  }
  return { proven, unsigned, findings: [...findings, ...(await compareAll([...checkpoints.values()], older, access))] };
}

/** Undefined when it is not signed yet. */
async function proofOf(id: string, access: Access, until: number): Promise<Answer | undefined> {
  for (;;) {
    try {
      return await call<Answer>(access, `/v1/entries/${encodeURIComponent(id)}/proof`);
    } catch (error) {
      if (!(error instanceof CliError) || error.status !== 409) throw error;
      if (Date.now() >= until) return undefined;
      await pause(AGAIN_MS);
    }
  }
}

function proves({ id, position, type, request }: Claim, proven: Proven): Proven {
  const { kind, event, envelope } = proven.leaf;
  const about = id === request || event === request || envelope?.causationid === request;
  const right = envelope?.id === id && proven.position === position && about && (type === undefined ? kind === 'outcome' : envelope.type === type);
  if (right) return proven;
  throw untrue('PROOF_WRONG', `The certificate takes entry ${id} for ${type ?? 'an outcome'} of the request ${request} at position ${position}, and it is ${envelope?.type ?? 'something else'} at position ${proven.position}.`);
}

// The log may be signed again between two proofs: then the later has to go on from the earlier.
async function compareAll(checkpoints: readonly Checkpoint[], older: readonly Checkpoint[], access: Access): Promise<Finding[]> {
  const findings: Finding[] = [];
  const before = [...older];
  for (const checkpoint of [...checkpoints].sort((a, b) => a.size - b.size)) {
    findings.push(...(await compareWithLatest(access, checkpoint, before)));
    before.push(checkpoint);
  }
  return findings;
}
