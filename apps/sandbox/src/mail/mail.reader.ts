import { simpleParser, type AddressObject } from 'mailparser';
import type { ReceivedMail } from './mailbox.store.js';

export interface ReadMail {
  subject: string;
  from: string;
  to: string;
  text?: string;
  html?: string;
  headers: { name: string; value: string }[];
  attachments: { filename: string; contentType: string; size: number; content: Buffer }[];
  /** The iCalendar part of an invitation, wherever the sender put it. */
  invitation?: string;
}

/** Reads a raw message with an independent parser. */
export async function readMail(mail: ReceivedMail): Promise<ReadMail> {
  const parsed = await simpleParser(mail.raw, { skipImageLinks: true });
  const attachments = parsed.attachments.map(({ filename, contentType, size, content }, index) => ({
    filename: filename ?? `part-${index + 1}`,
    contentType,
    size,
    content,
  }));
  const invitation = attachments.find(({ contentType }) => contentType === 'text/calendar');
  return {
    subject: parsed.subject ?? '(no subject)',
    from: parsed.from?.text ?? mail.from,
    to: addresses(parsed.to) || mail.to.join(', '),
    ...(parsed.text !== undefined && { text: parsed.text }),
    ...(parsed.html !== false && { html: parsed.html }),
    headers: parsed.headerLines.map(({ key, line }) => ({ name: headerName(key, line), value: line.slice(line.indexOf(':') + 1).trim() })),
    attachments,
    ...(invitation && { invitation: invitation.content.toString('utf8') }),
  };
}

/** The two headers worth keeping beside the raw message. */
export async function summaryOf(raw: string): Promise<{ subject: string; messageId?: string }> {
  const end = raw.search(/\r?\n\r?\n/);
  const parsed = await simpleParser(end < 0 ? raw : raw.slice(0, end + 4));
  return { subject: parsed.subject ?? '(no subject)', ...(parsed.messageId && { messageId: parsed.messageId }) };
}

function addresses(to: AddressObject | AddressObject[] | undefined): string {
  return [to ?? []].flat().map((one) => one.text).join(', ');
}

function headerName(key: string, line: string): string {
  const name = line.slice(0, line.indexOf(':'));
  return name.toLowerCase() === key ? name : key;
}
