import { exportSPKI } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../problem.error.js';
import { AUDIENCE, type FakeIssuer, startIssuer } from './issuer.test-kit.js';
import { TokenVerifier } from './token.verifier.js';

const grants = [
  { claim: 'groups', equals: 'auditors-eu', grant: { sites: ['acme'], scopes: ['read', 'export'] } },
  { claim: ['realm_access', 'roles'], equals: 'reader', grant: { sites: ['other'], scopes: ['read'] } },
  { claim: 'scope', equals: 'audit', grant: { scopes: ['read'] } },
];
const EU = { groups: ['staff', 'auditors-eu'] };
const nowS = (): number => Math.floor(Date.now() / 1_000);

let issuer: FakeIssuer;
let lateMs: number;
let verifier: TokenVerifier;
beforeEach(async () => {
  issuer = await startIssuer();
  lateMs = 0;
  verifier = new TokenVerifier({ issuers: [{ issuer: issuer.url, audience: AUDIENCE, maxTokenAgeMs: 3_600_000, grants }], now: () => Date.now() + lateMs });
});
afterEach(() => issuer.stop());

const codeOf = async (token: string): Promise<unknown> => verifier.verify(token).then(() => 'accepted', (error: unknown) => (error instanceof Problem ? [error.status, error.code] : error));

describe('a token', () => {
  it('names its subject beside its issuer, and is granted what its claims are, together', async () => {
    const { id, scopes } = await verifier.verify(await issuer.token(EU));
    expect([id, scopes]).toEqual([`oidc:${issuer.url.replace('http://', '')}:ada`, ['read', 'export']]);
    const both = await verifier.verify(await issuer.token({ ...EU, realm_access: { roles: ['reader'] }, scope: 'openid audits' }));
    expect(both.grants).toEqual([grants[0]?.grant, grants[1]?.grant]);
    expect((await verifier.verify(await issuer.token({ scope: 'openid audit' }))).grants).toEqual([grants[2]?.grant]);
  });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('may be signed with %s', async (alg) => {
    await issuer.rotate(alg);
    expect(await codeOf(await issuer.token(EU))).toBe('accepted');
  });

  it.each([
    ['of another issuer', { iss: 'https://evil.example' }, [401, 'token-invalid']],
    ['for another audience', { aud: 'shop' }, [401, 'token-invalid']],
    ['without an audience', { aud: undefined }, [401, 'token-invalid']],
    ['without a subject', { sub: undefined }, [401, 'token-invalid']],
    ['whose subject would forge a line', { sub: 'a\nb' }, [401, 'token-invalid']],
    ['that never expires', { exp: undefined }, [401, 'token-invalid']],
    ['that does not say when it was issued', { iat: undefined }, [401, 'token-invalid']],
    ['that expired two minutes ago', { exp: nowS() - 120 }, [401, 'token-expired']],
    ['older than tokens may be', { iat: nowS() - 7_200 }, [401, 'token-expired']],
    ['that is not yet valid', { nbf: nowS() + 120 }, [401, 'token-invalid']],
    ['without a claim that grants anything', { groups: ['auditors'] }, [403, 'nothing-granted']],
    ['whose claims come from a prototype', { groups: undefined, realm_access: { constructor: 'reader' } }, [403, 'nothing-granted']],
  ])('%s is refused', async (_, claims, refusal) => {
    expect(await codeOf(await issuer.token({ ...EU, ...claims }))).toEqual(refusal);
  });

  it('is given a minute for clocks that differ', async () => {
    expect(await codeOf(await issuer.token({ ...EU, exp: nowS() - 30 }))).toBe('accepted');
  });

  it('of another type is refused, though its signature holds', async () => {
    expect(await codeOf(await issuer.token(EU, { typ: 'logout+jwt' }))).toEqual([401, 'token-invalid']);
    expect(await codeOf(await issuer.token(EU, { typ: 'at+jwt' }))).toBe('accepted');
  });

  it('that anybody could have signed is refused: none, HS256 with the public key, another\'s key, a changed one', async () => {
    const [, payload = ''] = (await issuer.token(EU)).split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const secret = new TextEncoder().encode(await exportSPKI(issuer.publicKey()));
    const confused = await issuer.token(EU, { alg: 'HS256', key: secret });
    const stranger = await startIssuer();
    const forged = (await stranger.token({ ...EU, iss: issuer.url })).split('.');
    const [header, , signature] = (await issuer.token({})).split('.');
    await stranger.stop();
    for (const token of [none, confused, forged.join('.'), [header, payload, signature].join('.'), 'eyJhbGciOiJ.eyJ.x', `${payload}.${payload}.x`]) {
      expect(verifier.takes(token)).toBe(true);
      expect(await codeOf(token)).toEqual([401, 'token-invalid']);
    }
  });
});

describe('the keys of an issuer', () => {
  it('are fetched once, and again for a key that is new, at most every ten seconds', async () => {
    for (let n = 0; n < 3; n += 1) expect(await codeOf(await issuer.token(EU))).toBe('accepted');
    expect(issuer.asked()).toBe(1);
    await issuer.rotate();
    expect(await codeOf(await issuer.token(EU))).toEqual([401, 'token-invalid']);
    lateMs = 11_000;
    expect(await codeOf(await issuer.token(EU))).toBe('accepted');
    for (let n = 0; n < 5; n += 1) expect(await codeOf(await issuer.token(EU, { kid: `stranger-${n}` }))).toEqual([401, 'token-invalid']);
    expect(issuer.asked()).toBe(2);
  });

  it('are good for an hour while the issuer is away, and no longer', async () => {
    expect(await codeOf(await issuer.token(EU))).toBe('accepted');
    issuer.away = true;
    lateMs = 1_200_000;
    expect(await codeOf(await issuer.token(EU))).toBe('accepted');
    lateMs = 3_700_000;
    expect(await codeOf(await issuer.token(EU))).toEqual([503, 'issuer-unreachable']);
    issuer.away = false;
    lateMs += 11_000;
    expect(await codeOf(await issuer.token(EU))).toBe('accepted');
  });

  it.each([{ issuer: 'https://evil.example' }, { jwks_uri: 'http://evil.example/keys' }, { jwks_uri: 'file:///etc/passwd' }, { filler: 'x'.repeat(300_000) }])('are not taken from a discovery document with %j', async (discovery) => {
    issuer.discovery = discovery;
    expect(await codeOf(await issuer.token(EU))).toEqual([503, 'issuer-unreachable']);
  });
});
