import { waitFor } from '@posthorn/testing';
import { describeInBrowser } from '@posthorn/testing/browser';
import { expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

describeInBrowser('the script on a website, in a browser without a network', (browser) => {
  const posthorn = sharedPosthorn();
  const email = 'offline@example.com';

  it('keeps what was typed, and brings it to the CRM and the mailbox once there is a network', async () => {
    const context = await browser.open();
    const page = await context.newPage();
    await page.goto(`${posthorn.urls.website}/callback`);
    await context.setOffline(true);
    await page.fill('[name=name]', 'Emmy Noether');
    await page.fill('[name=email]', email);
    await page.click('[name=send]');
    await page.getByText('kept in this browser').waitFor();

    await context.setOffline(false);
    await page.waitForURL(`${posthorn.urls.website}/callback/thanks`);
    await waitFor(async () => (await posthorn.records('hubspot')).contacts.some(({ properties }) => properties['email'] === email), { describe: 'the contact in the CRM' });
    await waitFor(async () => (await posthorn.mailsTo(email)).length > 0, { describe: 'the mail to whoever asked' });
    const mine = (await posthorn.entries({ type: 'lead.submitted' })).filter(({ data }) => (data as { person?: { email?: string } }).person?.email === email);
    expect(mine).toHaveLength(1);
  });
});
