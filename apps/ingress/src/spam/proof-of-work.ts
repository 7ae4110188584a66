import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import { type Challenge, createChallenge, type Payload, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { z } from 'zod';
import { FORM_SECRET } from '../forms/form.secret.js';

const VALID_MS = 3_600_000;
/** A solved challenge has about 600 bytes. */
const LONGEST_PAYLOAD = 4_096;
const ALGORITHM = 'PBKDF2/SHA-256';

const payload = z.object({
  challenge: z.object({ parameters: z.looseObject({ data: z.object({ form: z.string() }), expiresAt: z.number() }), signature: z.string() }),
  solution: z.object({ counter: z.int(), derivedKey: z.string().max(200) }),
});

// Removing what has expired along the way needs no job, and what somebody else removes at the same time is left to them.
const SPEND = `
  WITH gone AS (
    DELETE FROM spent_challenges WHERE digest IN
      (SELECT digest FROM spent_challenges WHERE expires_at < now() - interval '1 minute' LIMIT 10 FOR UPDATE SKIP LOCKED)
  )
  INSERT INTO spent_challenges (digest, spent_on, expires_at) VALUES ($1, $2, $3)
  ON CONFLICT (digest) DO UPDATE SET spent_on = spent_challenges.spent_on RETURNING spent_on = $2 AS ours`;

export type WorkState = 'missing' | 'solved' | 'failed' | 'replayed';

/** Work that a browser does in a moment, and that a million messages would have to do a million times: ALTCHA's. */
@Injectable()
export class ProofOfWork {
  private readonly secret: string;

  constructor(
    private readonly database: Database,
    @Inject(FORM_SECRET) secret: Buffer,
  ) {
    this.secret = secret.toString('hex');
  }

  /** As ALTCHA's widget takes it. To make one costs a signature. */
  challenge(form: string, work: number, now = Date.now()): Promise<Challenge> {
    return createChallenge({
      algorithm: ALGORITHM,
      cost: work,
      // 256 tries on average.
      keyPrefix: '00',
      deriveKey,
      expiresAt: new Date(now + VALID_MS),
      hmacSignatureSecret: this.secret,
      data: { form },
    });
  }

  /** Whether the work was done for this form, and for nothing else before; `use` names what it is done for. */
  async redeem(solved: string | undefined, form: string, use: string): Promise<WorkState> {
    if (solved === undefined || solved === '') return 'missing';
    const read = parsed(solved);
    if (read === undefined || read.challenge.parameters.data?.['form'] !== form || !(await this.isSolved(read))) return 'failed';
    const { signature = '', parameters } = read.challenge;
    const [row] = await this.database.query<{ ours: boolean }>(SPEND, [hash('sha256', signature, 'buffer'), use, new Date((parameters.expiresAt ?? 0) * 1_000)]);
    return row?.ours === true ? 'solved' : 'replayed';
  }

  private async isSolved({ challenge, solution }: Payload): Promise<boolean> {
    try {
      return (await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: this.secret })).verified;
    } catch {
      // What is signed is ours, so only the solution can be such that it throws.
      return false;
    }
  }
}

function parsed(solved: string): Payload | undefined {
  if (solved.length > LONGEST_PAYLOAD) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(solved, 'base64').toString('utf8'));
    return payload.safeParse(value).success ? (value as Payload) : undefined;
  } catch {
    return undefined;
  }
}
