import { createEvent, newId, verifyLink } from '@posthorn/contracts';
import { describe, expect, it } from 'vitest';
import { eventOf, mailFor, sender, SETTINGS } from '../mail/mail.test-kit.js';
import { OptInHandler } from './opt-in.handler.js';
import { WelcomeHandler } from './welcome.handler.js';

const person = { email: 'jane@example.com', name: 'Jane Roe' };

describe('the double opt-in mail', () => {
  const handler = new OptInHandler(sender(), SETTINGS);

  it('links to the confirmation with a signed token that names the event and expires', async () => {
    const event = eventOf('newsletter.subscribed', { person, list: 'Garden letter' });
    const { mail } = await mailFor(handler, event);
    const token = /https:\/\/events\.acme\.example\/v1\/newsletter\/confirm\/(\S+)/.exec(mail.text)![1]!;
    const claims = verifyLink(token, 'confirm', SETTINGS.linkSecret);
    expect(claims.eventId).toBe(event.id);
    expect(Math.round((claims.expiresAt.getTime() - Date.now()) / 86_400_000)).toBe(7);
    expect(mail.html).toContain(`/v1/newsletter/confirm/${token}"`);
  });

  it('has nothing personal in its links', async () => {
    const { mail } = await mailFor(handler, eventOf('newsletter.subscribed', { person, list: 'Garden letter' }));
    for (const [, link] of mail.html.matchAll(/href="([^"]+)"/g)) expect(decodeURIComponent(link!)).not.toMatch(/jane|roe|@example/i);
  });

  it('makes no advances: no List-Unsubscribe before there is a subscription', async () => {
    const { mail } = await mailFor(handler, eventOf('newsletter.subscribed', { person, list: 'Garden letter' }));
    expect(mail.headers).not.toHaveProperty('List-Unsubscribe');
  });
});

describe('the welcome', () => {
  const handler = new WelcomeHandler(sender(), SETTINGS);

  it('can be left with one click (RFC 8058)', async () => {
    const subscription = newId();
    const event = createEvent({ site: 'acme', type: 'newsletter.confirmed', data: { person, list: 'Garden letter' }, causationid: subscription });
    const { mail } = await mailFor(handler, event);
    const url = /^<(https:\/\/events\.acme\.example\/v1\/newsletter\/unsubscribe\/([\w-]+))>$/.exec(mail.headers['List-Unsubscribe']!)!;
    expect(mail.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    expect(verifyLink(url[2]!, 'unsubscribe', SETTINGS.linkSecret).eventId).toBe(subscription);
    expect(mail.text).toContain(url[1]);
    expect(mail.html).toContain(`href="${url[1]!}"`);
  });

  it('can be left too where a site confirmed by itself', async () => {
    const event = eventOf('newsletter.confirmed', { person, list: 'Garden letter' });
    const { mail } = await mailFor(handler, event);
    const token = mail.headers['List-Unsubscribe']!.slice(1, -1).split('/').at(-1)!;
    expect(verifyLink(token, 'unsubscribe', SETTINGS.linkSecret).eventId).toBe(event.id);
  });
});
