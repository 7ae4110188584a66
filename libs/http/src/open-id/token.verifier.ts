import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { ApiKey } from '../key.ring.js';
import { Problem } from '../problem.error.js';
import { unauthenticated } from '../unauthenticated.problem.js';
import { type ClaimGrant, grantsOf } from './claim.grants.js';
import { IssuerKeys } from './issuer.keys.js';

/** Signatures that only the holder of a private key can make: never `none`, and nothing with a shared secret. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
const TYPES = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];
const REQUIRED = ['exp', 'sub'];
const CLOCK_TOLERANCE_S = 60;
const said = z.object({ iss: z.string().optional(), typ: z.string().optional() });
const SUBJECT = /^[\x20-\x7e]{1,255}$/;

export interface TokenIssuer {
  /** To the letter what its tokens have as `iss`. */
  issuer: string;
  /** One of the `aud` of a token that is meant for this service. */
  audience: string;
  /** A token is refused this long after it was issued, whatever its `exp`. */
  maxTokenAgeMs: number;
  grants: readonly ClaimGrant[];
}

/** Knows callers by tokens (JWT) of OpenID Connect issuers. An issuer is asked for its keys when its first token comes. */
export class TokenVerifier {
  private readonly issuers: ReadonlyMap<string, TokenIssuer & { keys: IssuerKeys }>;

  constructor(options: { issuers: readonly TokenIssuer[]; now?: () => number }) {
    const now = options.now ?? Date.now;
    this.issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, { ...issuer, keys: new IssuerKeys(issuer.issuer, now) }]));
  }

  /** Whether this is a token for us to verify, rather than a key nobody knows. */
  takes(secret: string): boolean {
    return this.issuers.size > 0 && /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(secret);
  }

  /** Throws a Problem: 401 for a bad token, 403 for one that grants nothing, 503 when its issuer's keys are not to be had. */
  async verify(token: string): Promise<ApiKey> {
    const issuer = this.issuerOf(token);
    const claims = await verified(token, issuer);
    const grants = grantsOf(claims, issuer.grants);
    if (grants.length === 0) throw nothingGranted();
    return { id: actorOf(issuer.issuer, claims.sub), scopes: [...new Set(grants.flatMap(({ scopes }) => scopes))], grants };
  }

  private issuerOf(token: string): TokenIssuer & { keys: IssuerKeys } {
    const { iss, typ } = contentOf(token);
    // Other kinds of token (logout, DPoP proofs) have the same issuer and audience.
    if (!TYPES.includes(typ?.toLowerCase())) throw invalid('It is of another type.');
    const known = this.issuers.get(iss ?? '');
    if (known === undefined) throw invalid('Its issuer is not trusted here.');
    return known;
  }
}

/** What a token says of itself, which nobody has verified. */
function contentOf(token: string): { iss?: string; typ?: string } {
  try {
    return said.parse({ ...decodeJwt(token), typ: decodeProtectedHeader(token).typ });
  } catch (error) {
    throw invalid('It cannot be read.', error);
  }
}

async function verified(token: string, { issuer, audience, maxTokenAgeMs, keys }: TokenIssuer & { keys: IssuerKeys }): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, (header, parts) => keys.find(header, parts), {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      maxTokenAge: maxTokenAgeMs / 1_000,
      requiredClaims: REQUIRED,
    });
    return payload;
  } catch (error) {
    throw problemOf(error);
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof errors.JWTExpired) return unauthenticated('token-expired', 'The token has expired. Get a new one.', challenge('The token has expired'));
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(`Its claim "${error.claim}" is missing or not as it must be.`, error);
  if (error instanceof errors.JOSEAlgNotAllowed) return invalid('It is signed with an algorithm that is not accepted here.', error);
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return invalid('Its key is not one of its issuer\'s.', error);
  if (error instanceof errors.JWSSignatureVerificationFailed) return invalid('Its signature does not hold.', error);
  return invalid('It cannot be verified.', error);
}

/** The issuer belongs to it: another one's may have the same subjects. */
function actorOf(issuer: string, subject: unknown): string {
  if (typeof subject !== 'string' || !SUBJECT.test(subject)) throw invalid('Its claim "sub" is missing or not as it must be.');
  return `oidc:${issuer.replace(/^https?:\/\/|\/$/g, '')}:${subject}`;
}

const invalid = (why: string, cause?: unknown): Problem => unauthenticated('token-invalid', `The token is not accepted. ${why}`, challenge('The token is not accepted'), cause);

const challenge = (description: string): string => `Bearer realm="posthorn", error="invalid_token", error_description="${description}"`;

const nothingGranted = (): Problem =>
  new Problem({
    status: 403, code: 'nothing-granted', title: 'The token grants nothing here', detail: 'It is good, and none of its claims is one that this service grants anything for. Ask who runs Posthorn.',
    headers: { 'www-authenticate': 'Bearer realm="posthorn", error="insufficient_scope"' },
  });
