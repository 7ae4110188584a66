import MailComposer from 'nodemailer/lib/mail-composer';
import { type SendMailOptions } from 'nodemailer';
import { expect, it } from 'vitest';
import { messageBytes } from './message.bytes.js';

const plain: SendMailOptions = { from: 'a@acme.example', to: 'b@example.com', subject: 'Hello', text: 'Thank you.\n', html: '<p>Thank you.</p>' };

it.each<[string, SendMailOptions]>([
  ['plain text and a page', plain],
  ['text alone', { ...plain, html: '' }],
  ['a page alone', { ...plain, text: '' }],
  ['umlauts', { ...plain, subject: 'Grüße', from: { name: 'Gärtnerei Grün', address: 'post@gruen.example' }, text: 'Schöne Grüße\n', html: '<p>Größe = 12 m²</p>' }],
  ['words that no letter of ASCII is in', { ...plain, text: 'Ευχαριστούμε πολύ\n'.repeat(20), html: `<p>${'ありがとう '.repeat(50)}</p>` }],
  ['symbols beyond the basic plane', { ...plain, text: '🌷'.repeat(100), html: `<p>${'a🌷'.repeat(100)}</p>` }],
  ['long lines', { ...plain, text: 'word '.repeat(200), html: `<p>${'x'.repeat(997)}=</p>` }],
  ['blanks at the ends of lines', { ...plain, text: `one \ntwo\t\r\n${'three '.repeat(30)} \n`, html: '<p> \n \n</p> ' }],
  ['lines that begin with dots', { ...plain, text: '.\r\n..\r\n.three\r\n' }],
  ['an invitation', { ...plain, icalEvent: { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nSUMMARY:Gespräch\r\nEND:VCALENDAR\r\n', filename: 'invite.ics' } }],
  ['a long invitation', { ...plain, html: `<p>${'ä'.repeat(300)}</p>`, icalEvent: { method: 'CANCEL', content: 'DESCRIPTION:long\r\n'.repeat(100), filename: 'invite.ics' } }],
])('writes a message as nodemailer itself does, byte for byte: %s', async (_what, mail) => {
  const compiled = new MailComposer({ ...mail, messageId: '<1@acme.example>', date: new Date(0), baseBoundary: 'same' }).compile();
  expect(messageBytes(compiled).toString()).toBe((await compiled.build()).toString());
});

it('takes nothing for a part that is not text', () => {
  const compiled = new MailComposer({ ...plain, attachments: [{ path: '/etc/hostname' }] }).compile();
  expect(() => messageBytes(compiled)).toThrow('must be text');
});
