import { encode, wrap } from 'nodemailer/lib/qp';
import type MimeNode from 'nodemailer/lib/mime-node';

const BASE64_LINE = /.{1,76}/g;

/**
 * A composed message as it goes over the wire. nodemailer itself writes one through a dozen streams, which takes
 * longer than everything else about a mail; ours have no files and no streams in them, so there is nothing to wait for.
 */
export function messageBytes(message: MimeNode): Buffer {
  const text = written(message);
  return Buffer.from(text.endsWith('\n') ? text : `${text}\r\n`);
}

function written(node: MimeNode): string {
  // The headers first: only they decide on the boundary.
  const head = `${node.buildHeaders()}\r\n\r\n`;
  if (node.boundary === undefined || node.boundary === false) return head + body(node);
  const parts = node.childNodes.map((child) => `--${String(node.boundary)}\r\n${written(child)}\r\n`);
  return `${head}${parts.join('')}--${node.boundary}--\r\n`;
}

function body(node: MimeNode): string {
  const { content = '' } = node;
  if (typeof content !== 'string') throw new TypeError('A part of a mail must be text');
  const encoding = node.getTransferEncoding();
  if (encoding === 'quoted-printable') return wrap(encode(content));
  if (encoding === 'base64') return Buffer.from(content).toString('base64').match(BASE64_LINE)?.join('\r\n') ?? '';
  return content;
}
