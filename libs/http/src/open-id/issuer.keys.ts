import { Logger } from '@nestjs/common';
import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { z } from 'zod';
import { Problem } from '../problem.error.js';
import { fetchJson } from './bounded.fetch.js';

const FRESH_MS = 600_000;
/** While the issuer is away nobody gets a new token, and those there are last about as long. */
const STALE_MS = 3_600_000;
const ASKED_AT_MOST_EVERY_MS = 10_000;

const discovered = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** Where an issuer may be: behind TLS, or on this machine. */
export function isTrustworthyUrl(text: string): boolean {
  const { protocol, hostname } = URL.parse(text) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname ?? ''));
}

/** The public keys of one issuer: found by discovery, kept for ten minutes, and for an hour while it is away. */
export class IssuerKeys {
  private readonly logger = new Logger(IssuerKeys.name);
  private known: { find: ReturnType<typeof createLocalJWKSet>; at: number } | undefined;
  private askedAt = -Infinity;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly issuer: string,
    private readonly now: () => number,
  ) {}

  /** For jose. Throws a Problem (503) when there are no keys to be had. */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): ReturnType<ReturnType<typeof createLocalJWKSet>> {
    if (this.ageMs() > FRESH_MS) await this.ask();
    const { known } = this;
    if (known === undefined || this.ageMs() > STALE_MS) throw issuerAway();
    try {
      return await known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // Perhaps a key that is newer than what we know.
      await this.ask();
      return this.known === known ? Promise.reject(error) : await (this.known ?? known).find(header, token);
    }
  }

  private ageMs(): number {
    return this.now() - (this.known?.at ?? -Infinity);
  }

  // Tokens of a stranger's making must not become requests to the issuer, nor an issuer that is away a wait for everybody.
  private async ask(): Promise<void> {
    if (this.asking === undefined && this.now() - this.askedAt < ASKED_AT_MOST_EVERY_MS) return;
    this.asking ??= this.fetched().finally(() => (this.asking = undefined));
    await this.asking;
  }

  private async fetched(): Promise<void> {
    this.askedAt = this.now();
    try {
      const { issuer, jwks_uri: keysUrl } = discovered.parse(await fetchJson(`${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`));
      if (issuer !== this.issuer) throw new Error(`the discovery document is that of ${issuer}`);
      if (!isTrustworthyUrl(keysUrl)) throw new Error(`jwks_uri must begin with https: ${keysUrl}`);
      // jose looks at the form of it.
      this.known = { find: createLocalJWKSet((await fetchJson(keysUrl)) as JSONWebKeySet), at: this.now() };
    } catch (error) {
      this.logger.warn({ msg: 'the keys of an OpenID Connect issuer could not be fetched', issuer: this.issuer, err: error });
    }
  }
}

const issuerAway = (): Problem =>
  new Problem({
    status: 503, code: 'issuer-unreachable', title: 'The token cannot be checked at the moment', detail: 'The keys of its issuer cannot be fetched.',
    retryAfterSeconds: ASKED_AT_MOST_EVERY_MS / 1_000,
  });
