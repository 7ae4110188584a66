import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Pair = Awaited<ReturnType<typeof generateKeyPair>> & { kid: string; alg: string };

/** An OpenID Connect issuer of one's own, over HTTP: it publishes keys and signs tokens, also bad ones. */
export interface FakeIssuer {
  url: string;
  /** How often its keys were asked for. */
  asked(): number;
  away: boolean;
  /** What discovery says instead. */
  discovery: Record<string, unknown>;
  /** From now on it signs with a new key, and publishes that alone. */
  rotate(alg?: string): Promise<void>;
  publicKey(): CryptoKey;
  /** Good unless told otherwise: `undefined` takes a claim out. */
  token(claims?: JWTPayload, options?: { typ?: string; kid?: string; key?: CryptoKey | Uint8Array; alg?: string }): Promise<string>;
  stop(): Promise<void>;
}

export const AUDIENCE = 'posthorn-audit';

export async function startIssuer(): Promise<FakeIssuer> {
  let count = 0;
  let pair: Pair;
  let keys: object[] = [];
  const server = createServer((request, response) => {
    if (issuer.away) return void response.writeHead(500).end();
    const discovery = request.url === '/.well-known/openid-configuration';
    if (!discovery) count += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(discovery ? { issuer: issuer.url, jwks_uri: `${issuer.url}/keys`, ...issuer.discovery } : { keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer: FakeIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => count,
    away: false,
    discovery: {},
    async rotate(alg = 'ES256') {
      const kid = `key-${Math.random()}`;
      pair = { ...(await generateKeyPair(alg, { extractable: true })), kid, alg };
      keys = [{ ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' }];
    },
    publicKey: () => pair.publicKey,
    token(claims = {}, { typ = 'JWT', kid = pair.kid, key = pair.privateKey, alg = pair.alg } = {}) {
      const now = Math.floor(Date.now() / 1_000);
      return new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 300, ...claims }).setProtectedHeader({ alg, kid, typ }).sign(key);
    },
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
  await issuer.rotate();
  return issuer;
}
