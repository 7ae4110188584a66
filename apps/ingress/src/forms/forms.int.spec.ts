import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';

const SITE = 'https://acme.example';
const contact = {
  type: 'lead.submitted' as const,
  origins: [SITE, 'https://www.acme.example'],
  fields: {
    first: '/person/name',
    last: '/person/name',
    email: { to: '/person/email', label: 'E-mail address' },
    message: '/message',
    offers: { as: 'consent' as const, purposes: ['offers'], wordingVersion: '4' },
  },
  ignore: ['send'],
};

describe('POST /v1/forms/{form}', () => {
  let ingress: TestIngress;
  let ledger: Client;

  beforeAll(async () => {
    const [database, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, nats.servers);
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    const forms = {
      contact,
      german: { ...contact, language: 'de' as const },
      redirecting: { ...contact, thanks: `${SITE}/thanks.html` },
      survey: {
        type: 'form.submitted' as const, origins: [SITE],
        fields: { age: { as: 'number' as const, to: '/fields/age' }, again: { as: 'boolean' as const, to: '/fields/again' }, colours: { as: 'list' as const, to: '/fields/colours' } },
      },
      letter: {
        type: 'newsletter.subscribed' as const, origins: [SITE], constants: { '/list': 'Garden letter' },
        fields: { email: '/person/email', agree: { as: 'consent' as const, purposes: ['newsletter'], wordingVersion: '4', required: true } },
      },
    };
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers, forms });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(async () => {
    await ingress.stop();
    await ledger.end();
  });

  type Body = Record<string, string> | [string, string][] | FormData | string;
  const post = (form: string, body: Body, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${ingress.url}/v1/forms/acme.${form}`, {
      method: 'POST', redirect: 'manual', body: body instanceof FormData ? body : new URLSearchParams(body),
      headers: { origin: SITE, ...headers },
    });
  const events = async (email: string) => {
    const sql = "SELECT id, type, envelope::jsonb AS envelope FROM ledger WHERE envelope::jsonb -> 'data' -> 'person' ->> 'email' = $1 ORDER BY id";
    return (await ledger.query<{ id: string; type: string; envelope: { source: string; data: Record<string, unknown> } }>(sql, [email])).rows;
  };
  const survey = async (id: string) => (await ledger.query<{ data: unknown }>("SELECT envelope::jsonb -> 'data' AS data FROM ledger WHERE id = $1", [id])).rows[0]?.data;
  const json = { accept: 'application/json' };

  it('makes an event of what was typed, and leads to a page of ours', async () => {
    const answer = await post('contact', { first: ' Ada ', last: 'Lovelace', email: 'a1@example.com', message: 'Line 1\r\nLine 2', offers: 'on', send: 'Send' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, './acme.contact/thanks']);
    const [event] = await events('a1@example.com');
    expect(event).toMatchObject({
      type: 'lead.submitted',
      envelope: {
        source: '/sites/acme/forms/contact',
        data: { form: 'contact', message: 'Line 1\nLine 2', person: { name: 'Ada Lovelace', email: 'a1@example.com' }, consent: { purposes: ['offers'], wordingVersion: '4' } },
      },
    });
    const page = await fetch(new URL(answer.headers.get('location') ?? '', answer.url));
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Thank you')]);
  });

  it('leads to the thank-you page of the site when it has one', async () => {
    const answer = await post('redirecting', { email: 'a2@example.com' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${SITE}/thanks.html`]);
  });

  it('takes multipart as well, with a file input that was left empty', async () => {
    const form = new FormData();
    form.set('email', 'a3@example.com');
    form.set('message', 'Grüße aus Köln');
    form.set('photo', new File([], ''));
    expect((await post('contact', form)).status).toBe(303);
    expect((await events('a3@example.com'))[0]?.envelope.data).toMatchObject({ message: 'Grüße aus Köln' });
  });

  it('refuses a file that has been chosen, and says so to the visitor', async () => {
    const form = new FormData();
    form.set('email', 'a4@example.com');
    form.set('photo', new File(['x'], 'x.jpg'));
    const page = await post('contact', form);
    expect([page.status, await page.text()]).toEqual([422, expect.stringContaining('This form does not take files')]);
    expect(await (await post('contact', form, json)).json()).toMatchObject({ code: 'files-not-taken' });
    expect(await events('a4@example.com')).toEqual([]);
  });

  it('shows a page even to whoever sends far too much', async () => {
    const page = await post('contact', { message: 'x'.repeat(300_000) }, { 'accept-language': 'de' });
    expect([page.status, await page.text()]).toEqual([413, expect.stringContaining('Das war zu viel auf einmal')]);
  });

  it('lists every mistake in plain words and shows nothing of what was typed', async () => {
    const page = await post('contact', { email: '<script>alert(1)</script>', first: 'x'.repeat(300), message: 'My secret' });
    const text = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8']);
    expect(text).toContain('<li>E-mail address: please give a whole e-mail address, such as ada@example.org</li>');
    expect(text).toContain('<li>First: this is too long or too much</li>');
    expect(text).toContain(`<a href="${SITE}">Back to the website</a>`);
    expect(text).not.toMatch(/script>|My secret/);
  });

  it('speaks the language of the form, else of the browser, and leads back to the page it came from', async () => {
    expect(await (await post('german', {}, { 'accept-language': 'en' })).text()).toContain('<li>E-mail address: bitte ausfüllen</li>');
    const page = await post('contact', {}, { 'accept-language': 'de-AT', referer: 'https://www.acme.example/kontakt?a=1&b="' });
    expect(await page.text()).toMatch(/<html lang="de">[^]*<a href="https:\/\/www\.acme\.example\/kontakt\?a=1&#38;b=/);
  });

  it('tells scripts in JSON which field is wrong', async () => {
    const answer = await post('contact', { email: 'nobody' }, json);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await answer.json()).toMatchObject({ status: 422, code: 'validation-failed', errors: [{ pointer: '/data/person/email', rule: 'email', field: 'email' }] });
    const accepted = await post('contact', { email: 'a5@example.com' }, json);
    expect([accepted.status, await accepted.json()]).toMatchObject([202, { id: (await events('a5@example.com'))[0]?.id, acceptedAt: expect.any(String) as string }]);
  });

  it('gives scripts the words for the visitor, and the page to lead to', async () => {
    const refused = await post('german', { email: 'nobody' }, json);
    expect(await refused.json()).toMatchObject({ visitor: { title: 'Noch nicht gesendet', list: [{ field: 'email', text: 'bitte eine vollständige E-Mail-Adresse angeben, etwa ada@example.org' }] } });
    const accepted = await post('redirecting', { email: 'a14@example.com' }, { ...json, 'accept-language': 'de' });
    expect(await accepted.json()).toMatchObject({ thanks: `${SITE}/thanks.html`, visitor: { title: 'Vielen Dank' } });
  });

  it('keeps what is not mapped as lines of the message, but not what is ignored or ours', async () => {
    await post('contact', [['email', 'a6@example.com'], ['message', 'Hello'], ['budget_range', '5000'], ['rooms', 'bath'], ['rooms', 'attic'], ['empty', ' '], ['send', 'x'], ['_t', 'x']]);
    expect((await events('a6@example.com'))[0]?.envelope.data['message']).toBe('Hello\n\nBudget range: 5000\nRooms: bath, attic');
  });

  it('keeps every field of a form.submitted under its name, and makes numbers, booleans and lists of those it is told to', async () => {
    const answer = await post('survey', [['age', '42'], ['colours', 'red'], ['dish', 'Soup'], ['dish', 'Cake'], ['7', 'seven'], ['a/b~c', 'odd']], json);
    const { id } = (await answer.json()) as { id: string };
    expect(await survey(id)).toEqual({ form: 'survey', fields: { age: 42, again: false, colours: ['red'], dish: ['Soup', 'Cake'], 7: 'seven', 'a/b~c': 'odd' } });
    expect(await (await post('survey', { age: 'old' }, json)).json()).toMatchObject({ errors: [{ rule: 'type', field: 'age' }] });
    expect((await post('survey', { __proto__x: '1', ['__proto__']: 'polluted', constructor: 'x' }, json)).status).toBe(422);
  });

  it('refuses what a type without free text has no place for, and a consent that is required and not given', async () => {
    const answer = await post('letter', { email: 'a7@example.com', city: 'Berlin' }, json);
    expect(await answer.json()).toMatchObject({ errors: expect.arrayContaining([{ pointer: '/data/city', rule: 'unknown_field', message: expect.any(String) as string, field: 'city' }, { pointer: '/data/consent', rule: 'required', message: 'is required', field: 'agree' }]) as unknown });
    expect((await post('letter', { email: 'a7@example.com', agree: 'yes' })).status).toBe(303);
    expect((await events('a7@example.com'))[0]?.envelope.data).toMatchObject({ list: 'Garden letter', consent: { purposes: ['newsletter'], wordingVersion: '4', way: 'form', time: expect.any(String) as string } });
  });

  it.each([
    ['from another website', { origin: 'https://evil.example' }, 403, 'origin-not-allowed'],
    ['from a page that hides where it is', { origin: 'null' }, 403, 'origin-not-allowed'],
    ['in another content type', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['in multipart without a boundary', { 'content-type': 'multipart/form-data' }, 400, 'malformed-form'],
    ['cut short', { 'content-type': 'multipart/form-data; boundary=x' }, 400, 'malformed-form'],
  ])('refuses a form %s', async (_, headers, status, code) => {
    const answer = await post('contact', { email: 'a8@example.com' }, { ...json, ...headers });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
    expect(await events('a8@example.com')).toEqual([]);
  });

  it('goes by the Referer where there is no Origin, and believes a browser that sends neither', async () => {
    const send = (headers: Record<string, string>) => fetch(`${ingress.url}/v1/forms/acme.contact`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ email: 'a9@example.com' }), headers });
    expect((await send({ referer: 'https://evil.example/acme.example' })).status).toBe(403);
    expect((await send({ referer: `${SITE}/contact` })).status).toBe(303);
    expect((await send({ 'user-agent': 'another browser' })).status).toBe(303);
  });

  it('refuses letters of an encoding that nobody can tell', async () => {
    const answer = await fetch(`${ingress.url}/v1/forms/acme.contact`, { method: 'POST', body: 'message=Gr%FC%DFe', headers: { ...json, 'content-type': 'application/x-www-form-urlencoded' } });
    expect(await answer.json()).toMatchObject({ status: 400, code: 'form-not-unicode' });
  });

  it.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])('refuses more fields than any form has, in %s', async (type) => {
    const body = type.startsWith('multipart') ? `${'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(2_000)}--x--\r\n` : 'a&'.repeat(100_000);
    const answer = await fetch(`${ingress.url}/v1/forms/acme.contact`, { method: 'POST', body, headers: { ...json, 'content-type': type } });
    expect(await answer.json()).toMatchObject({ status: 413, code: 'form-too-large' });
  });

  it('says that there is no such form', async () => {
    expect((await post('nothing', {}, json)).status).toBe(404);
    expect(await (await post('nothing', {})).text()).toContain('This form does not exist');
  });

  it('lets scripts on the pages of the form read the answer, and no others', async () => {
    const preflight = (origin: string) => fetch(`${ingress.url}/v1/forms/acme.contact`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    expect((await preflight(SITE)).headers.get('access-control-allow-origin')).toBe(SITE);
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    expect((await post('contact', {}, json)).headers.get('access-control-allow-origin')).toBe(SITE);
    const refused = await post('contact', {}, { ...json, origin: 'https://evil.example' });
    expect([refused.headers.get('access-control-allow-origin'), refused.headers.get('vary')]).toEqual([null, expect.stringContaining('Origin')]);
  });

  it('makes one event of a button that is pressed twice, and of fifty forms at once', async () => {
    const fields = { email: 'a10@example.com', message: 'Hello' };
    const [first, second] = [await post('contact', fields, json), await post('contact', { ...fields, _t: 'another token' }, json)];
    expect(await second.json()).toEqual(await first.json());
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    await Promise.all(Array.from({ length: 50 }, () => post('contact', { email: 'a11@example.com' })));
    expect([(await events('a10@example.com')).length, (await events('a11@example.com')).length]).toEqual([1, 1]);
  });

  it('takes the same words from somebody else, and other words from the same', async () => {
    await post('contact', { email: 'a12@example.com' });
    await post('contact', { email: 'a12@example.com' }, { 'user-agent': 'another browser' });
    await post('contact', { email: 'a12@example.com', message: 'I forgot to say' });
    expect(await events('a12@example.com')).toHaveLength(3);
  });

  it('knows a form by its own key for good, unless what was typed has changed', async () => {
    const send = (message: string, agent: string) => post('contact', { email: 'a13@example.com', message, _idempotency: 'mine' }, { 'user-agent': agent });
    await send('Hello', 'one');
    await ledger.query("UPDATE ledger SET accepted_at = accepted_at - interval '1 day' WHERE envelope LIKE '%a13@example.com%'");
    await send('Hello', 'after a restart');
    expect(await events('a13@example.com')).toHaveLength(1);
    await send('Corrected', 'one');
    expect(await events('a13@example.com')).toHaveLength(2);
  });
});
