import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { FaultBoard } from '../faults/fault.board.js';
import type { Fault } from '../faults/fault.schema.js';
import { summaryOf } from './mail.reader.js';
import type { MailboxStore } from './mailbox.store.js';

const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;

export interface SmtpOptions {
  mailbox: MailboxStore;
  board: FaultBoard;
  /** With a user name, mail is taken from that account alone. */
  username?: string;
  password?: string;
  /** Offer STARTTLS with the library's own self-signed certificate. */
  starttls?: boolean;
}

type Stage = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data';

class SmtpReply extends Error {
  constructor(
    readonly responseCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** A real SMTP server that keeps what it is sent, and misbehaves as the fault board says. */
export class SandboxSmtpServer {
  private readonly server: SMTPServer;
  private readonly sockets = new Map<string, Socket>();

  constructor(private readonly options: SmtpOptions) {
    const { username, password } = options;
    this.server = new SMTPServer({
      name: 'sandbox.posthorn.test',
      banner: 'Posthorn sandbox',
      logger: false,
      disableReverseLookup: true,
      size: MAX_MESSAGE_BYTES,
      closeTimeout: 1,
      authOptional: username === undefined,
      allowInsecureAuth: true,
      disabledCommands: options.starttls ? [] : ['STARTTLS'],
      onConnect: (session, done) => this.answer('connect', session, done),
      onAuth: (auth, session, done) => {
        const right = username === undefined || (auth.username === username && auth.password === password);
        const refusal = right ? undefined : new SmtpReply(535, 'Authentication credentials invalid');
        this.answer('auth', session, (error) => (error ?? refusal ? done(error ?? refusal) : done(null, { user: auth.username ?? '' })));
      },
      onMailFrom: (_address, session, done) => this.answer('mail', session, done),
      onRcptTo: (_address, session, done) => this.answer('rcpt', session, done),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => this.receive(Buffer.concat(chunks).toString('utf8'), session, stream.sizeExceeded, done));
      },
    });
    this.server.on('error', () => undefined); // A client that goes away in mid-conversation is an ordinary event here.
    this.server.server.on('connection', (socket) => this.admit(socket));
    options.board.onChange((provider, fault) => {
      if (provider === 'smtp' && fault?.kind === 'down') this.dropAll();
    });
  }

  /** Resolves with the port once the server accepts mail. 0 asks the system for a free one. */
  listen(port: number, host = '127.0.0.1'): Promise<number> {
    return new Promise((resolve, reject) => {
      const listener = this.server.server;
      listener.once('error', reject);
      this.server.listen(port, host, () => {
        listener.off('error', reject);
        resolve((listener.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(resolve);
      this.dropAll();
    });
  }

  private admit(socket: Socket): void {
    if (this.options.board.takeWhen('smtp', (fault) => fault.kind === 'down')) {
      socket.destroy();
      return;
    }
    const key = `${socket.remotePort ?? 0}`;
    this.sockets.set(key, socket);
    socket.once('close', () => this.sockets.delete(key));
  }

  private answer(stage: Stage, session: SMTPServerSession, done: (error?: Error | null) => void): void {
    const fault = this.options.board.takeWhen('smtp', (candidate) => stageOf(candidate) === stage);
    if (!fault) {
      done();
      return;
    }
    void this.meet(fault, session).then((outcome) => {
      if (outcome !== 'silent') done(outcome);
    });
  }

  private receive(raw: string, session: SMTPServerSession, tooLarge: boolean, done: (error?: Error | null, message?: string) => void): void {
    this.options.board.countCall('smtp');
    const fault = this.options.board.takeWhen('smtp', (candidate) => stageOf(candidate) === 'data');
    void this.accept(raw, session, tooLarge, fault).then(
      (outcome) => {
        if (outcome === 'silent') return;
        if (outcome instanceof Error) done(outcome);
        else done(null, outcome.text);
      },
      (error: unknown) => done(new SmtpReply(451, `4.3.0 ${String(error)}`)),
    );
  }

  private async accept(raw: string, session: SMTPServerSession, tooLarge: boolean, fault?: Fault): Promise<{ text: string } | Error | 'silent'> {
    if (tooLarge) return new SmtpReply(552, '5.3.4 Message too big');
    if (fault) {
      const outcome = await this.meet(fault, session);
      if (outcome) return outcome;
    }
    const { mailFrom, rcptTo } = session.envelope;
    const mail = {
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map(({ address }) => address),
      raw,
      ...(await summaryOf(raw)),
    };
    const { id } = this.options.mailbox.add(mail);
    if (fault?.kind === 'duplicate') this.options.mailbox.add(mail);
    if (fault?.kind === 'cut-after') {
      this.cut(session);
      return 'silent';
    }
    return { text: `2.0.0 Ok: queued as ${id}` };
  }

  /** 'silent': nothing more may be said on this connection. undefined: go on as if nothing were wrong. */
  private async meet(fault: Fault, session: SMTPServerSession): Promise<Error | 'silent' | undefined> {
    switch (fault.kind) {
      case 'latency':
        await delay(fault.ms);
        return undefined;
      case 'status':
        return new SmtpReply(fault.status, fault.message ?? (fault.status < 500 ? '4.3.0 Try again later' : '5.0.0 Refused'));
      case 'rate-limit':
        return new SmtpReply(450, `4.7.1 Too many messages, try again in ${fault.retryAfterSeconds} s`);
      case 'hang':
        return 'silent';
      case 'garbage':
        this.sockets.get(`${session.remotePort}`)?.write('\ufffd<html>{"ok":\r\n');
        return 'silent';
      case 'cut':
      case 'down':
        this.cut(session);
        return 'silent';
      case 'cut-after':
      case 'duplicate':
        return undefined;
    }
  }

  private cut(session: SMTPServerSession): void {
    this.sockets.get(`${session.remotePort}`)?.destroy();
  }

  private dropAll(): void {
    for (const socket of this.sockets.values()) socket.destroy();
  }
}

/** Faults strike after the final dot, where the doubt is greatest, unless they say otherwise; 535 and 454 belong to AUTH. */
function stageOf(fault: Fault): Stage {
  if (fault.kind === 'down') return 'connect';
  if ('stage' in fault && fault.stage) return fault.stage;
  return fault.kind === 'status' && (fault.status === 535 || fault.status === 454) ? 'auth' : 'data';
}
