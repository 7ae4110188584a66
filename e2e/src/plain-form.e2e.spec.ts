import { waitFor } from '@posthorn/testing';
import { describeInBrowser } from '@posthorn/testing/browser';
import { expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

describeInBrowser('a plain HTML form, in a browser without JavaScript', (browser) => {
  const posthorn = sharedPosthorn();
  const email = 'callback@example.com';

  it('brings what was typed to the CRM and the mailbox, and explains a mistake on the way', async () => {
    const page = await (await browser.open({ javaScriptEnabled: false, locale: 'de-DE' })).newPage();
    await page.goto(`${posthorn.urls.website}/callback`);
    await page.fill('[name=name]', 'Grete Hermann');
    await page.fill('[name=email]', 'callback@');
    await page.selectOption('[name=best_time]', 'in the evening');
    await page.click('[name=send]');
    expect(await page.locator('li').allTextContents()).toEqual(['E-mail: bitte eine vollständige E-Mail-Adresse angeben, etwa ada@example.org']);

    await page.goBack();
    await page.fill('[name=email]', email);
    await page.click('[name=send]');
    expect(page.url()).toBe(`${posthorn.urls.website}/callback/thanks`);

    await waitFor(async () => (await posthorn.records('hubspot')).contacts.some(({ properties }) => properties['email'] === email), { describe: 'the contact in the CRM' });
    await waitFor(async () => (await posthorn.mailsTo(email)).length > 0, { describe: 'the mail to whoever asked' });
    const [entry] = (await posthorn.entries({ type: 'lead.submitted' })).filter(({ data }) => (data as { person?: { email?: string } }).person?.email === email);
    expect(entry?.data).toMatchObject({ person: { name: 'Grete Hermann' }, form: 'callback', message: 'Best time: in the evening' });
  });
});
