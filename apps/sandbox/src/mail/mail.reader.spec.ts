import { simpleParser } from 'mailparser';
import { expect, it } from 'vitest';
import { summaryOf } from './mail.reader.js';

it.each([
  ['plain headers', 'Subject: Kept it\r\nMessage-ID: <a.b@c>\r\nFrom: a@b\r\n\r\nSubject: not this'],
  ['other cases of letters, and a folded subject', 'message-id: <x@y>\r\nsubject: folded\r\n more\r\n\r\n'],
  ['an encoded subject', 'Subject: =?utf-8?q?=C3=BC?=\r\nMessage-ID: <a@b>\r\n\r\n'],
  ['an encoded name', 'To: =?UTF-8?Q?J=C3=BCrgen?= <a@b>\r\nSubject: Hello\r\nMessage-ID: <a@b>\r\n\r\n'],
  ['an empty subject before another header', 'Subject:\r\nFrom: a@b\r\nMessage-ID: <a@b>\r\n\r\n'],
  ['an encoded subject as nodemailer folds it', 'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_100=25?=\r\n =?UTF-8?Q?_des_Gartens?=\r\nMessage-ID: <a@b>\r\n\r\n'],
  ['an encoded word among others', 'Subject: Your =?utf-8?q?=E2=80=9Cgarden=E2=80=9D?= letter\r\nMessage-ID: <a@b>\r\n\r\n'],
  ['an id on a line of its own', 'Subject: a  b\r\nMessage-ID:\r\n <a@b>\r\n\r\n'],
  ['an empty subject', 'Subject: \r\nMessage-Id: <q@r>\r\n\r\n'],
  ['headers that only end like those', 'X-Subject: no\r\nSubject: a  b \r\nMessage-Id: <q@r>\r\n\r\n'],
])('sums up a mail as a whole parser would: %s', async (_, raw) => {
  const { subject = '(no subject)', messageId } = await simpleParser(raw);
  expect(await summaryOf(raw)).toEqual({ subject, messageId });
});
