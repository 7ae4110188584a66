import { type EventType, EXAMPLES } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import type { ParsedMail } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { sharedPosthorn } from './posthorn.fixture.js';

describe('a newsletter subscription', () => {
  const posthorn = sharedPosthorn();

  const email = 'reader@example.com';
  const nthMail = (n: number): Promise<ParsedMail> =>
    waitFor(async () => (await posthorn.mailsTo(email))[n - 1], { describe: `mail ${n} to ${email}` });
  const logged = async (type: EventType): Promise<unknown[]> =>
    (await posthorn.entries({ type })).filter(({ data }) => (data as { person?: { email?: string } }).person?.email === email);

  it('is confirmed by the button behind the link in the mail, not by opening it, and ends with one click', async () => {
    await posthorn.send('newsletter.subscribed', { ...EXAMPLES['newsletter.subscribed'], person: { email, locale: 'en' } });

    const optIn = await nthMail(1);
    const link = /https?:\/\/\S+\/v1\/newsletter\/confirm\/[\w.~-]+/.exec(optIn.text ?? '')?.[0];
    expect(link).toBeDefined();
    expect(decodeURIComponent(link!)).not.toContain(email);

    const page = await fetch(link!);
    expect(page.status).toBe(200);
    expect(await logged('newsletter.confirmed')).toEqual([]);

    for (let clicks = 0; clicks < 2; clicks += 1) expect((await fetch(link!, { method: 'POST' })).status).toBeLessThan(400);
    const welcome = await nthMail(2);

    const oneClick = /<(https?:[^>]+)>/.exec(headerOf(welcome, 'list-unsubscribe'))?.[1];
    expect(headerOf(welcome, 'list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    const unsubscribed = await fetch(oneClick!, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(unsubscribed.status).toBeLessThan(400);
    await waitFor(async () => (await logged('newsletter.unsubscribed')).length === 1);
    // Clicked twice. The log has what came before the end of the subscription.
    expect(await logged('newsletter.confirmed')).toHaveLength(1);
  });

  it('is not confirmed by a forged link', async () => {
    const forged = await fetch(`${posthorn.urls.ingress}/v1/newsletter/confirm/forged.token`, { method: 'POST' });
    expect(forged.status).toBeGreaterThanOrEqual(400);
    expect(forged.status).toBeLessThan(500);
  });
});

/** A header as it was sent: mailparser gathers the List-* ones into an object, so the raw line is read. */
function headerOf(mail: ParsedMail, key: string): string {
  const line = mail.headerLines.find((header) => header.key === key)?.line ?? '';
  return line.slice(line.indexOf(':') + 1).replace(/\r?\n\s+/g, ' ').trim();
}
