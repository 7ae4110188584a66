import { createFaultProxy, type FaultProxy, useDatabase, useNats, waitFor } from '@posthorn/testing';
import { describeInBrowser } from '@posthorn/testing/browser';
import { Client } from 'pg';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { makeKey } from '../access/access.test-kit.js';
import { provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { startWebPages, type WebPages } from './web-page.test-kit.js';

/** On each way: longer than a browser needs to close a page, and than we need to see what is committed. */
const SLOW_MS = 500;

describeInBrowser('posthorn.js in a web page', (browser) => {
  let ingress: TestIngress;
  let ledger: Client;
  let proxy: FaultProxy;
  let site: WebPages;
  let posthorn: string;

  beforeAll(async () => {
    site = await startWebPages(() => posthorn);
    const [database, nats] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(database.adminUrl, nats.servers);
    ledger = new Client({ connectionString: database.adminUrl, options: '-c search_path=ingress' });
    await ledger.connect();
    const contact = { type: 'lead.submitted' as const, origins: [site.origin], fields: { email: '/person/email', message: '/message' } };
    const forms = { contact, leading: { ...contact, thanks: `${site.origin}/thanks` } };
    ingress = await startIngress({ databaseUrl: database.urlFor('ingress'), servers: nats.servers, forms });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
    proxy = await createFaultProxy({ target: ingress.url });
    posthorn = `http://127.0.0.1:${proxy.port}`;
    const key = await makeKey(ingress, { id: 'pages', kind: 'browser', site: 'acme', types: ['lead.submitted'], origins: [site.origin] });
    const script = `<script src="${posthorn}/posthorn.js" data-key="${key}" defer></script>`;
    const form = (name: string, more = ''): string => `<form action="${posthorn}/v1/forms/acme.${name}" method="post" ${more}><input name="email"><textarea name="message"></textarea><button>Send</button></form>`;
    site.show('/', script + form('contact'));
    site.show('/leading', script + form('leading'));
    site.show('/thanks', '<h1>Thanks!</h1>');
    site.show('/own', `${script}<form action="/fallback" method="post" data-posthorn="acme.contact" data-posthorn-thanks="#thanks"><input name="email"><button>Send</button></form><p id="thanks" hidden>Our own thanks</p>`);
    site.show('/consent', script + form('contact', 'data-posthorn-consent="offers"'));
  }, 60_000);
  afterEach(() => proxy.restore());
  afterAll(async () => {
    await ingress.stop();
    await ledger.end();
    await proxy.close();
    await site.stop();
  });

  const complaints: string[] = [];
  const visit = async (context: BrowserContext, path = '/'): Promise<Page> => {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => /Content Security Policy|TrustedHTML/.test(message.text()) && complaints.push(message.text()));
    await page.goto(site.origin + path);
    return page;
  };
  const fill = async (page: Page, email: string): Promise<void> => {
    await page.fill('[name=email]', email);
    await page.fill('[name=message]', 'Hello');
  };
  const kept = (page: Page): Promise<number> => page.evaluate('Object.keys(localStorage).length');
  const status = (page: Page) => page.locator('.posthorn-status');
  const events = async (email: string) => {
    const sql = "SELECT envelope::jsonb -> 'data' AS data FROM ledger WHERE envelope::jsonb -> 'data' -> 'person' ->> 'email' = $1";
    return (await ledger.query<{ data: Record<string, unknown> }>(sql, [email])).rows.map(({ data }) => data);
  };
  const arrived = (email: string) => waitFor(async () => (await events(email)).length > 0, { everyMs: 10, describe: `the event of ${email}` });

  it('sends a form without leaving the page, and thanks the visitor in their language', async () => {
    const page = await visit(await browser.open({ locale: 'de-AT' }));
    await fill(page, 'b1@example.com');
    await page.click('button');
    await status(page).getByText('Vielen Dank').waitFor();
    expect([page.url(), await page.locator('form').isVisible(), await kept(page)]).toEqual([`${site.origin}/`, false, 0]);
    expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe('status');
    expect(await events('b1@example.com')).toMatchObject([{ form: 'contact', message: 'Hello' }]);
  });

  it('posts the same form plainly where scripts do not run', async () => {
    const page = await visit(await browser.open({ javaScriptEnabled: false }));
    await fill(page, 'b2@example.com');
    await page.click('button');
    await page.waitForURL(`${posthorn}/v1/forms/acme.contact/thanks`);
    expect(await events('b2@example.com')).toHaveLength(1);
  });

  it('leads to the thank-you page of the form', async () => {
    const page = await visit(await browser.open(), '/leading');
    await fill(page, 'b3@example.com');
    await page.click('button');
    await page.waitForURL(`${site.origin}/thanks`);
  });

  it('shows the thanks of the page, and leaves mistakes to the page when it says so', async () => {
    const page = await visit(await browser.open(), '/own');
    await page.evaluate("document.addEventListener('posthorn:refused', (event) => { event.preventDefault(); document.title = event.detail.answer.code; })");
    await page.fill('[name=email]', 'nobody');
    await page.click('button');
    await page.waitForFunction("document.title === 'validation-failed'");
    expect(await page.locator('[aria-invalid]').count()).toBe(0);
    await page.fill('[name=email]', 'b13@example.com');
    await page.click('button');
    await page.getByText('Our own thanks').waitFor();
  });

  it('says at the field what is wrong with it, to screen readers too, and takes the corrected form', async () => {
    const page = await visit(await browser.open());
    await fill(page, 'nobody');
    await page.click('button');
    const email = page.locator('[name=email][aria-invalid=true]');
    await email.waitFor();
    const note = (await email.getAttribute('aria-describedby')) ?? '';
    expect(await page.locator(`#${note}`).textContent()).toContain('please give a whole e-mail address');
    expect(await page.evaluate('document.activeElement.name')).toBe('email');
    expect([await page.inputValue('[name=message]'), await kept(page)]).toEqual(['Hello', 0]);
    await fill(page, 'b4@example.com');
    await page.click('button');
    await status(page).getByText('Thank you').waitFor();
    expect(await page.locator('[aria-invalid], .posthorn-error').count()).toBe(0);
  });

  it('keeps a form while there is no network, and sends it once when there is', async () => {
    const context = await browser.open();
    const page = await visit(context);
    await context.setOffline(true);
    await fill(page, 'b5@example.com');
    await page.click('button');
    await status(page).getByText('kept in this browser').waitFor();
    expect(await kept(page)).toBe(1);
    await context.setOffline(false);
    await status(page).getByText('Thank you').waitFor();
    expect([await events('b5@example.com'), await kept(page)]).toEqual([[expect.anything()], 0]);
  });

  it('sends from the next page what the one before could not', async () => {
    const context = await browser.open();
    const page = await visit(context);
    await context.setOffline(true);
    await fill(page, 'b6@example.com');
    await page.click('button');
    await status(page).getByText('kept in this browser').waitFor();
    await page.close();
    await context.setOffline(false);
    const next = await visit(context);
    await arrived('b6@example.com');
    await waitFor(async () => (await kept(next)) === 0, { describe: 'an empty store' });
    expect(await events('b6@example.com')).toHaveLength(1);
  });

  it('goes on when the page is closed while it sends, and makes one event of it', async () => {
    const context = await browser.open();
    const page = await visit(context);
    await fill(page, 'b7@example.com');
    proxy.delay(SLOW_MS);
    const sending = page.waitForRequest((request) => request.method() === 'POST');
    await page.click('button');
    await sending;
    await page.close();
    await arrived('b7@example.com');
    proxy.restore();
    const next = await visit(context);
    await waitFor(async () => (await kept(next)) === 0, { describe: 'an empty store' });
    expect(await events('b7@example.com')).toHaveLength(1);
  });

  it('tries once more when the page is left', async () => {
    const context = await browser.open();
    const page = await visit(context);
    // Its own attempts never come: the clock stands still.
    await page.clock.install();
    await page.reload();
    await fill(page, 'b15@example.com');
    proxy.cut();
    await page.click('button');
    await status(page).getByText('kept in this browser').waitFor();
    proxy.restore();
    await page.goto('about:blank');
    await arrived('b15@example.com');
    const next = await visit(context);
    await waitFor(async () => (await kept(next)) === 0, { describe: 'an empty store' });
    expect(await events('b15@example.com')).toHaveLength(1);
  });

  it('makes one event of a button that is pressed twice, and of an answer that is lost', async () => {
    const page = await visit(await browser.open());
    await fill(page, 'b8@example.com');
    let posts = 0;
    page.on('request', (request) => (posts += request.method() === 'POST' ? 1 : 0));
    proxy.delay(SLOW_MS);
    await page.dblclick('button');
    await arrived('b8@example.com');
    expect(posts).toBe(1);
    proxy.cut();
    await status(page).getByText('kept in this browser').waitFor();
    proxy.restore();
    await page.click('button');
    await status(page).getByText('Thank you').waitFor();
    expect([await events('b8@example.com'), await kept(page)]).toEqual([[expect.anything()], 0]);
  });

  it('neither keeps nor sends what needs a consent that nobody has given', async () => {
    const context = await browser.open();
    const page = await visit(context, '/consent');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await fill(page, 'b9@example.com');
    await page.click('button');
    await status(page).getByText('needs your consent').waitFor();
    await page.evaluate("void posthorn('send', 'lead.submitted', { person: { email: 'b10@example.com' } }, { consent: 'offers' })");
    expect([asked, await kept(page)]).toEqual([[], 0]);
    await page.evaluate("posthorn('consent', { purposes: ['offers'], wordingVersion: '4' })");
    await status(page).getByText('Thank you').waitFor();
    await arrived('b10@example.com');
    expect(await events('b10@example.com')).toMatchObject([{ consent: { purposes: ['offers'], wordingVersion: '4' } }]);
  });

  it('forgets what it keeps when the consent is withdrawn', async () => {
    const context = await browser.open();
    const page = await visit(context, '/consent');
    await page.evaluate("posthorn('consent', { purposes: ['offers'], wordingVersion: '4' })");
    await context.setOffline(true);
    await fill(page, 'b11@example.com');
    await page.click('button');
    await status(page).getByText('kept in this browser').waitFor();
    await page.evaluate("posthorn('consent', { purposes: [] })");
    expect(await kept(page)).toBe(0);
  });

  it('sends events with a key of the kind browser, and tells what became of them', async () => {
    const page = await visit(await browser.open());
    const send = (email: string): Promise<unknown> => page.evaluate(`posthorn('send', 'lead.submitted', { person: { email: '${email}' } })`);
    expect(await send('b12@example.com')).toMatchObject({ state: 'accepted', answer: { id: expect.any(String) as string } });
    expect(await send('nobody')).toMatchObject({ state: 'refused', answer: { status: 422, code: 'validation-failed' } });
    expect(await events('b12@example.com')).toHaveLength(1);
    const again = (): Promise<{ answer: { id: string } }> => page.evaluate("posthorn('send', 'lead.submitted', { person: { email: 'b14@example.com' } }, { idempotencyKey: 'order-1042' })");
    expect((await again()).answer.id).toBe((await again()).answer.id);
  });

  it('keeps fifty submissions at most, and none for longer than a week', async () => {
    const context = await browser.open();
    const page = await visit(context);
    await context.setOffline(true);
    const fates = await page.evaluate<{ stored: boolean }[]>("Promise.all(Array.from({ length: 51 }, (_, i) => posthorn('send', 'lead.submitted', { person: { email: `c${i}@example.com` } })))");
    expect([fates.filter(({ stored }) => stored).length, await kept(page)]).toEqual([50, 50]);
    await page.clock.setFixedTime(Date.now() + 7 * 86_400_000 + 60_000);
    await page.evaluate("window.dispatchEvent(new Event('online'))");
    await waitFor(async () => (await kept(page)) === 0, { describe: 'an empty store' });
  });

  it('ran under a policy that allows nothing but Posthorn, without a complaint', () => {
    expect(complaints).toEqual([]);
  });
});
