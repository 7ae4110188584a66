import { verifyLink } from '@posthorn/contracts';
import { describe, expect, it } from 'vitest';
import { eventOf, mailFor, sender, SETTINGS } from '../mail/mail.test-kit.js';
import { ErasureConfirmationHandler } from './erasure-confirmation.handler.js';

describe('the mail that asks whether somebody wants to be forgotten', () => {
  const handler = new ErasureConfirmationHandler(sender(), SETTINGS);

  it('links to the confirmation with a signed token that names the event and expires, and does nothing else', async () => {
    const event = eventOf('privacy.confirmation_requested', { person: { email: 'jane@example.com' } });
    const { mail } = await mailFor(handler, event);
    expect(mail.to.address).toBe('jane@example.com');
    const token = /https:\/\/events\.acme\.example\/v1\/privacy\/confirm\/(\S+)/.exec(mail.text)![1]!;
    const claims = verifyLink(token, 'erase', SETTINGS.linkSecret);
    expect(claims.eventId).toBe(event.id);
    expect(Math.round((claims.expiresAt.getTime() - Date.now()) / 86_400_000)).toBe(7);
    expect(mail.html).toContain(`/v1/privacy/confirm/${token}"`);
  });

  it('speaks the language that the person asked in', async () => {
    const { mail } = await mailFor(handler, eventOf('privacy.confirmation_requested', { person: { email: 'jane@example.com', locale: 'de-AT' } }));
    expect(mail.subject).toBe('Bitte bestätigen: Ihre Daten löschen');
  });

  it('has nothing personal in its links', async () => {
    const { mail } = await mailFor(handler, eventOf('privacy.confirmation_requested', { person: { email: 'jane@example.com' } }));
    for (const [, link] of mail.html.matchAll(/href="([^"]+)"/g)) expect(decodeURIComponent(link!)).not.toMatch(/jane|@example/i);
  });
});
