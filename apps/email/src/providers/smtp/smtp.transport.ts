import { createTransport, type SendMailOptions } from 'nodemailer';
import { Readable } from 'node:stream';
import { type MailAddress, type MailTransport, type OutgoingMail } from '../../mail/mail.transport.js';
import { messageBytes } from './message.bytes.js';
import { translateSmtpError, unsendable } from './smtp.errors.js';
import { type SmtpOptions } from './smtp.options.js';

/** One address and nothing else. nodemailer reads `a@b, c@d` and `a@b\r\nRCPT TO:<c@d>` as two. */
const PLAIN_ADDRESS = /^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u;

/** nodemailer's own name for an address and a name. */
const named = ({ address, name }: MailAddress): { address: string; name: string } => ({ address, name: name ?? '' });

/** What nodemailer is handed: how far the message had come decides what a failure means. */
interface Outgoing extends SendMailOptions {
  transmission: { stream?: Readable };
}

/** Sends through one SMTP account over a pool of connections. */
export class SmtpTransport implements MailTransport {
  private readonly pool;

  constructor(options: SmtpOptions) {
    this.pool = createTransport({
      pool: true,
      host: options.host,
      port: options.port,
      name: options.clientName,
      secure: options.security === 'tls',
      requireTLS: options.security === 'starttls',
      ignoreTLS: options.security === 'none',
      tls: { minVersion: 'TLSv1.2', ...(options.ca !== undefined && { ca: options.ca }) },
      ...(options.username !== undefined && { auth: { user: options.username, pass: options.password }, forceAuth: true }),
      maxConnections: options.maxConnections,
      // A connection that died while it was idle is replaced once; every other repeat is the delivery engine's to decide.
      maxRequeues: 1,
      connectionTimeout: options.connectTimeoutMs,
      greetingTimeout: options.connectTimeoutMs,
      dnsTimeout: options.connectTimeoutMs,
      socketTimeout: options.silenceTimeoutMs,
      socketCloseTimeout: 1_000,
      idleTimeout: options.idleTimeoutMs,
      // Everything in a mail is given as a value; a path or URL in it would be an attack.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    // A pool emits what it cannot attribute to a mail; unheard, it would end the process.
    this.pool.on('error', () => undefined);
    this.pool.use('stream', ({ message, data }, done) => {
      const { transmission } = data as Outgoing;
      const bytes = messageBytes(message);
      // Called anew for another connection, when the first had died while it was idle.
      message.createReadStream = () => (transmission.stream = inOnePiece(bytes));
      done();
    });
  }

  async send(mail: OutgoingMail, signal: AbortSignal): Promise<{ response: string }> {
    if (![mail.from, mail.to, mail.replyTo ?? mail.from].every(({ address }) => PLAIN_ADDRESS.test(address))) throw unsendable();
    const transmission: Outgoing['transmission'] = {};
    try {
      const outgoing: Outgoing = { ...composed(mail), signal, transmission };
      const info = await this.pool.sendMail(outgoing);
      return { response: info.response };
    } catch (error) {
      // nodemailer reads the stream only after the server's 354, and writes the final dot when it ends.
      throw translateSmtpError(error, { complete: transmission.stream?.readableEnded ?? false });
    }
  }

  /** Over a connection of its own: one of the pool may have logged in long ago. */
  async check(signal: AbortSignal): Promise<void> {
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(Object.assign(new Error('The check took too long'), { code: 'EABORT' }));
    signal.addEventListener('abort', abort);
    try {
      await Promise.race([this.pool.verify(), aborted]);
    } catch (error) {
      throw translateSmtpError(error, { complete: false });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  close(): void {
    this.pool.close();
  }
}

/** Each piece would be a packet and a system call of its own. */
function inOnePiece(bytes: Buffer): Readable {
  return new Readable({
    read() {
      this.push(bytes);
      this.push(null);
    },
  });
}

function composed(mail: OutgoingMail): SendMailOptions {
  return {
    messageId: `<${mail.messageId}>`,
    from: named(mail.from),
    to: named(mail.to),
    ...(mail.replyTo !== undefined && { replyTo: named(mail.replyTo) }),
    // The envelope names one recipient, whatever the header's text may look like.
    envelope: { from: mail.from.address, to: mail.to.address },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: mail.headers,
    xMailer: false,
    ...(mail.invitation !== undefined && {
      icalEvent: { method: mail.invitation.method, content: mail.invitation.content, filename: 'invite.ics' },
    }),
  };
}
