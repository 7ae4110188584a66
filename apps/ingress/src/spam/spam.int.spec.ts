import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { type Challenge, solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formSecretOf } from '../forms/form.secret.js';
import { makeKey, PAGE } from '../access/access.test-kit.js';
import { lead, LINK_SECRET, provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { signFormToken } from './form.token.js';

const SITE = 'https://acme.example';
const form = { type: 'lead.submitted' as const, origins: [SITE], fields: { email: '/person/email', name: '/person/name', message: '/message' } };

describe('spam in forms', () => {
  let ingress: TestIngress;
  let database: Client;
  let scorer: ReturnType<typeof createServer>;
  let answer: { status: number; body: string } | 'silence' = { status: 200, body: '{"score":0.1}' };
  let asked: { body: Record<string, unknown>; authorization: string | undefined }[] = [];

  beforeAll(async () => {
    const [postgres, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(postgres.adminUrl, nats.servers);
    database = new Client({ connectionString: postgres.adminUrl, options: '-c search_path=ingress' });
    await database.connect();
    scorer = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked.push({ body: JSON.parse(body) as Record<string, unknown>, authorization: request.headers.authorization });
        if (answer !== 'silence') response.writeHead(answer.status).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => scorer.listen(0, '127.0.0.1', resolve));
    const url = (path: string): string => `http://127.0.0.1:${(scorer.address() as AddressInfo).port}/${path}`;
    const forms = {
      plain: { ...form, spam: { honeypot: 'website', words: ['Casino'] } },
      timed: { ...form, spam: { requireToken: true } },
      work: { ...form, spam: { requireChallenge: true, challengeWork: 100 } },
      scored: { ...form, spam: { scorer: { url: url('a'), token: 'secret' } } },
      broken: { ...form, spam: { scorer: { url: url('b') } } },
      slow: { ...form, spam: { scorer: { url: url('c'), timeoutMs: 50 } } },
      trusting: { ...form, spam: { maxLinks: 1_000 } },
    };
    ingress = await startIngress({ databaseUrl: postgres.urlFor('ingress'), servers: nats.servers, forms, spam: { maxLinks: 2 } });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(async () => {
    await ingress.stop();
    await database.end();
    scorer.closeAllConnections();
    scorer.close();
  });

  const post = (name: string, fields: Record<string, string>, accept = 'application/json') =>
    fetch(`${ingress.url}/v1/forms/acme.${name}`, { method: 'POST', redirect: 'manual', headers: { accept, origin: SITE }, body: new URLSearchParams(fields) });
  /** What became of it: undefined when it was accepted, else why it is held. */
  async function verdict(name: string, fields: Record<string, string>): Promise<string[] | undefined> {
    return becomeOf(await post(name, fields));
  }
  async function becomeOf(response: Response): Promise<string[] | undefined> {
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    const { rows } = await database.query<{ code: string; reasons: string }>("SELECT code, reasons FROM quarantine WHERE id = $1 AND state = 'held'", [id]);
    const accepted = await database.query('SELECT FROM ledger WHERE id = $1', [id]);
    expect(rows.length + accepted.rows.length).toBe(1);
    if (rows[0] === undefined) return undefined;
    expect(rows[0].code).toBe('spam-suspected');
    return (JSON.parse(rows[0].reasons) as { rule: string }[]).map(({ rule }) => rule);
  }
  const token = (name: string, ageMs: number): string => signFormToken(`acme.${name}`, formSecretOf(LINK_SECRET), Date.now() - ageMs);
  const getJson = async (path: string) => (await fetch(`${ingress.url}/v1/forms/${path}`, { headers: { origin: SITE } })).json();
  let people = 0;
  const somebody = (): { email: string } => ({ email: `s${(people += 1)}@example.com` });

  it('is held when a field is filled in that people do not see, which never becomes part of the event', async () => {
    expect(await verdict('plain', { ...somebody(), website: '' })).toBeUndefined();
    expect(await verdict('plain', { ...somebody(), website: 'https://casino.example' })).toEqual(['honeypot']);
    const { rows } = await database.query<{ draft: string }>("SELECT draft FROM quarantine WHERE reasons LIKE '%honeypot%'");
    expect(rows[0]?.draft).not.toContain('casino');
  });

  it('gets the very same answer as everybody', async () => {
    const [held, accepted] = [await post('plain', { ...somebody(), website: 'x' }, 'text/html'), await post('plain', somebody(), 'text/html')];
    // The one counts down with every request, whatever becomes of it.
    const ofTheMoment = ['date', 'ratelimit'];
    const seen = ({ status, headers }: Response) => ({ status, headers: [...headers.entries()].filter(([name]) => !ofTheMoment.includes(name)) });
    expect(seen(held)).toEqual(seen(accepted));
    const twice = { ...somebody(), website: 'x' };
    expect(await (await post('plain', twice)).json()).toEqual(await (await post('plain', twice)).json());
  });

  it.each([
    ['many links', { message: 'http://a.example '.repeat(11) }, ['too-many-links']],
    ['a link for a name', { name: 'Win at https://a.example' }, ['link-in-name']],
    ['links as in forums', { message: '[url=https://a.example]x[/url]' }, ['forum-link']],
    ['words from the list', { message: 'Best CASINO bonus' }, ['unwanted-word']],
    ['all of it at once', { message: `[url=x] casino ${'www.a.example '.repeat(11)}`, website: 'x' }, ['honeypot', 'forum-link', 'unwanted-word', 'too-many-links']],
  ])('is held for %s', async (_, fields, reasons) => {
    expect(await verdict('plain', { ...somebody(), ...fields })).toEqual(reasons);
  });

  it('is not suspected of ten links, nor of what its own rules leave out', async () => {
    expect(await verdict('plain', { ...somebody(), message: 'http://a.example '.repeat(10) })).toBeUndefined();
    expect(await verdict('trusting', { ...somebody(), message: `casino ${'http://a.example '.repeat(20)}`, website: 'x' })).toBeUndefined();
  });

  it('is held when sent sooner than a person types, when its token is forged or of another form, and without one where it is required', async () => {
    const { token: fresh } = (await getJson('acme.timed/token')) as { token: string };
    expect(await verdict('timed', { ...somebody(), _t: fresh })).toEqual(['too-quick']);
    expect(await verdict('timed', { ...somebody(), _t: token('timed', 4_000) })).toBeUndefined();
    expect(await verdict('timed', { ...somebody(), _t: token('plain', 4_000) })).toEqual(['token-forged']);
    expect(await verdict('timed', { ...somebody(), _t: token('timed', 4_000).replace(/^./, '0') })).toEqual(['token-forged']);
    expect(await verdict('timed', { ...somebody(), _t: token('timed', 25 * 3_600_000) })).toEqual(['token-missing']);
    expect(await verdict('timed', somebody())).toEqual(['token-missing']);
    expect(await verdict('plain', somebody())).toBeUndefined();
  });

  async function solve(name: string, change: (challenge: Challenge) => Challenge = (challenge) => challenge): Promise<string> {
    const challenge = change((await getJson(`acme.${name}/challenge`)) as Challenge);
    const solution = await solveChallenge({ challenge, deriveKey });
    return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
  }

  it('is held without a solved challenge where that is required, and each solved one counts once', async () => {
    expect(await getJson('acme.work/token')).toMatchObject({ challenge: true });
    expect(await verdict('work', somebody())).toEqual(['challenge-missing']);
    const altcha = await solve('work');
    const mine = { ...somebody(), altcha };
    // A mistake does not spend it.
    expect((await post('work', { email: 'nobody', altcha })).status).toBe(422);
    expect(await verdict('work', mine)).toBeUndefined();
    expect(await verdict('work', mine)).toBeUndefined();
    expect(await verdict('work', { ...somebody(), altcha })).toEqual(['challenge-replayed']);
  });

  it('is held with a challenge that is forged, made easier, of another form, or nonsense', async () => {
    const easier = await solve('work', (challenge) => ({ ...challenge, parameters: { ...challenge.parameters, cost: 1, keyPrefix: '0' } }));
    for (const altcha of [easier, await solve('plain'), 'nonsense', Buffer.from('{}').toString('base64'), Buffer.from('[1').toString('base64'), 'x'.repeat(5_000)]) {
      expect(await verdict('work', { ...somebody(), altcha })).toEqual(['challenge-failed']);
    }
    const genuine = JSON.parse(Buffer.from(await solve('work'), 'base64').toString()) as { solution: { counter: number } };
    const wrong = { ...genuine, solution: { ...genuine.solution, counter: genuine.solution.counter + 1 } };
    expect(await verdict('work', { ...somebody(), altcha: Buffer.from(JSON.stringify(wrong)).toString('base64') })).toEqual(['challenge-failed']);
  });

  it('lets one of fifty have a solved challenge', async () => {
    const altcha = await solve('work');
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('work', { ...somebody(), altcha })));
    const verdicts: (string[] | undefined)[] = [];
    for (const each of answers) verdicts.push(await becomeOf(each));
    expect(verdicts.filter((reasons) => reasons === undefined)).toHaveLength(1);
  });

  it('forgets solved challenges once they have expired', async () => {
    await database.query("UPDATE spent_challenges SET expires_at = now() - interval '1 hour'");
    await verdict('work', { ...somebody(), altcha: await solve('work') });
    expect((await database.query('SELECT FROM spent_challenges')).rows).toHaveLength(1);
  });

  it('is held by the score of a program that the site names', async () => {
    asked = [];
    expect(await verdict('scored', { ...somebody(), message: 'Hello' })).toBeUndefined();
    expect(asked).toMatchObject([{ authorization: 'Bearer secret', body: { site: 'acme', form: 'scored', type: 'lead.submitted', data: { message: 'Hello' }, address: '127.0.0.1' } }]);
    answer = { status: 200, body: '{"score":0.93}' };
    expect(await verdict('scored', somebody())).toEqual(['score']);
  });

  it('is held of a key that stands in a page, and accepted of a server', async () => {
    const key = await makeKey(ingress, { id: 'page', kind: 'browser', site: 'acme', origins: [PAGE], types: ['lead.submitted'] });
    const event = { ...lead(somebody().email), data: { ...lead(somebody().email).data, message: 'http://a.example '.repeat(3) } };
    expect(await becomeOf(await ingress.submit(event, { authorization: `Bearer ${key}`, origin: PAGE }))).toEqual(['too-many-links']);
    expect(await becomeOf(await ingress.submit(event))).toBeUndefined();
  });

  it('is accepted when the scorer is away, too slow or talks nonsense, and nobody waits for it again and again', async () => {
    asked = [];
    answer = { status: 200, body: '{"score":7}' };
    expect([await verdict('broken', somebody()), await verdict('broken', somebody())]).toEqual([undefined, undefined]);
    expect(asked).toHaveLength(1);
    answer = 'silence';
    expect(await verdict('slow', somebody())).toBeUndefined();
    const metrics = await (await ingress.get('/metrics')).text();
    expect(metrics).toMatch(/ingress_spam_scorer_total\{[^}]*result="failed"[^}]*\} 2/);
    expect(metrics).toMatch(/ingress_spam_scorer_total\{[^}]*result="skipped"[^}]*\} 1/);
  });
});
