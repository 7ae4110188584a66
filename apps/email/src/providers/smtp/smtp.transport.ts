import { createTransport, type SendMailOptions } from 'nodemailer';
import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import { type MailAddress, type MailTransport, type OutgoingMail } from '../../mail/mail.transport.js';
import { translateSmtpError, unsendable } from './smtp.errors.js';
import { type SmtpOptions } from './smtp.options.js';

/** One address and nothing else. nodemailer reads `a@b, c@d` and `a@b\r\nRCPT TO:<c@d>` as two. */
const PLAIN_ADDRESS = /^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u;

/** nodemailer's own name for an address and a name. */
const named = ({ address, name }: MailAddress): { address: string; name: string } => ({ address, name: name ?? '' });

/** Sends through one SMTP account over a pool of connections. */
export class SmtpTransport implements MailTransport {
  private readonly pool;
  /** The message streams under way, by the signal of their call: how far a message had come decides what a failure means. */
  private readonly streams = new WeakMap<AbortSignal, Readable>();

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
    this.pool.use('stream', (mail, done) => {
      const createReadStream = mail.message.createReadStream.bind(mail.message);
      mail.message.createReadStream = (options) => {
        const stream = new OnePiece();
        pipeline(createReadStream(options), stream, () => undefined);
        if (mail.data.signal !== undefined) this.streams.set(mail.data.signal, stream);
        return stream;
      };
      done();
    });
  }

  async send(mail: OutgoingMail, signal: AbortSignal): Promise<{ response: string }> {
    if (![mail.from, mail.to, mail.replyTo ?? mail.from].every(({ address }) => PLAIN_ADDRESS.test(address))) throw unsendable();
    // A signal of this call's own, since deliveries under one deadline may share theirs.
    const own = AbortSignal.any([signal]);
    try {
      const info = await this.pool.sendMail({ ...composed(mail), signal: own });
      return { response: info.response };
    } catch (error) {
      // nodemailer reads the stream only after the server's 354, and writes the final dot when it ends.
      throw translateSmtpError(error, { complete: this.streams.get(own)?.readableEnded ?? false });
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

/** nodemailer makes a mail of some forty pieces, each of which would be a packet and a system call of its own. */
class OnePiece extends Transform {
  private readonly pieces: Buffer[] = [];

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.pieces.push(piece);
    done();
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.concat(this.pieces));
  }
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
