import { describe, expect, it } from 'vitest';
import { eventOf, mailFor, sender } from '../mail/mail.test-kit.js';
import { LeadConfirmationHandler } from './lead-confirmation.handler.js';
import { LeadNoticeHandler } from './lead-notice.handler.js';

const confirmation = new LeadConfirmationHandler(sender());
const notice = new LeadNoticeHandler(sender());
const jane = { email: 'jane@example.com', name: 'Jane Roe', phone: '+44 20 7946 0018', company: 'Roe <& Daughters>' };

describe('the confirmation to the person', () => {
  it('goes to the person, in the name of the site, and answers go to the owner', async () => {
    const event = eventOf('lead.submitted', { person: jane, message: 'Hello' });
    const { mail, result } = await mailFor(confirmation, event);
    expect(mail).toMatchObject({
      messageId: `${event.id}.confirm-lead@acme.example`,
      to: { address: 'jane@example.com', name: 'Jane Roe' },
      from: { address: 'hello@acme.example', name: 'Acme Gardens' },
      replyTo: { address: 'owner@acme.example' },
      subject: 'We have received your message',
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    expect(mail.text).toContain('Hello Jane Roe,');
    expect(result).toEqual({ externalId: mail.messageId, outcome: 'email.message.sent', facts: { template: 'lead-confirmation' } });
  });

  it('is the same mail at every attempt', async () => {
    const event = eventOf('lead.submitted', { person: jane });
    expect((await mailFor(confirmation, event)).mail).toEqual((await mailFor(confirmation, event)).mail);
  });

  it('speaks the language of the person, else that of the site', async () => {
    const subject = async (locale: string | undefined, site: string): Promise<string> =>
      (await mailFor(confirmation, eventOf('lead.submitted', { person: { ...jane, locale } }, site))).mail.subject;
    expect(await subject('de-CH', 'acme')).toBe('Ihre Nachricht ist angekommen');
    expect(await subject(undefined, 'gruen')).toBe('Ihre Nachricht ist angekommen');
    expect(await subject('en-US', 'gruen')).toBe('We have received your message');
    expect(await subject('ja', 'acme')).toBe('We have received your message');
  });

  it('never carries a stranger’s words: neither the message nor a name that is not one', async () => {
    const person = { email: 'victim@example.com', name: 'Win £1000 at https://spam.example' };
    const { mail } = await mailFor(confirmation, eventOf('lead.submitted', { person, message: 'Buy now at spam.example' }));
    expect(mail.to.name).toBeUndefined();
    expect(`${mail.subject}${mail.text}${mail.html}`).not.toContain('spam.example');
    expect(mail.text).toMatch(/^Hello,\n/);
  });
});

describe('the notice to the owner', () => {
  it('goes to the owner with all that was said, and answers go to the person', async () => {
    const { mail } = await mailFor(notice, eventOf('lead.submitted', {
      person: jane, message: 'First line\r\n<script>alert(1)</script>', page: 'https://acme.example/?a=1&b=2', form: 'contact', campaign: { source: 'news', name: 'spring' },
    }));
    expect(mail.to).toEqual({ address: 'owner@acme.example' });
    expect(mail.replyTo).toEqual({ address: 'jane@example.com', name: 'Jane Roe' });
    expect(mail.subject).toBe('New enquiry from Jane Roe');
    for (const said of ['> First line', '> <script>alert(1)</script>', '+44 20 7946 0018', 'Roe <& Daughters>', 'https://acme.example/?a=1&b=2', 'news / spring']) {
      expect(mail.text).toContain(said);
    }
    expect(mail.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(mail.html).not.toContain('<script>alert');
    expect(mail.html).toContain('Roe &lt;&amp; Daughters&gt;');
  });

  it('is written in the owner’s language, whatever the person speaks', async () => {
    const { mail } = await mailFor(notice, eventOf('lead.submitted', { person: { ...jane, locale: 'en' } }, 'gruen'));
    expect(mail.subject).toBe('Neue Anfrage von Jane Roe');
    expect(mail.to).toEqual({ address: 'inhaber@gruen.example', name: 'Inhaber' });
  });

  it('is another mail than the confirmation', async () => {
    const event = eventOf('lead.submitted', { person: jane });
    expect((await mailFor(notice, event)).mail.messageId).not.toBe((await mailFor(confirmation, event)).mail.messageId);
  });
});
