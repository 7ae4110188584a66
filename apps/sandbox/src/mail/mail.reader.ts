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
  const head = end < 0 ? raw : raw.slice(0, end + 4);
  const { subject, messageId } = plainHeaders(head) ?? (await simpleParser(head));
  return { subject: subject ?? '(no subject)', ...(messageId && { messageId }) };
}

const plainHeader = (name: string): RegExp => new RegExp(`^${name}:[ \\t]*(?:\\r\\n[ \\t]+)?([\\x21-\\x7e](?:[\\x20-\\x7e]*[\\x21-\\x7e])?)\\r?\\n(?![ \\t])`, 'gim');
const SUBJECT = plainHeader('Subject');
const MESSAGE_ID = plainHeader('Message-ID');

/** The value of a header that is there once. */
function only(head: string, header: RegExp): string | undefined {
  header.lastIndex = 0;
  const value = header.exec(head)?.[1];
  return value !== undefined && header.exec(head) === null ? value : undefined;
}

// Most mails need no parser, which takes longer than everything else that is done with a mail here.
function plainHeaders(head: string): { subject: string; messageId: string } | undefined {
  const [subject, messageId] = [only(head, SUBJECT), only(head, MESSAGE_ID)];
  return subject !== undefined && !subject.includes('=?') && messageId !== undefined && /^<[^<>\s]+>$/.test(messageId) ? { subject, messageId } : undefined;
}

function addresses(to: AddressObject | AddressObject[] | undefined): string {
  return [to ?? []].flat().map((one) => one.text).join(', ');
}

function headerName(key: string, line: string): string {
  const name = line.slice(0, line.indexOf(':'));
  return name.toLowerCase() === key ? name : key;
}
