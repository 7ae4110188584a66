import { createFaultProxy, type FaultProxy } from '@posthorn/testing';
import { type AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { type OutgoingMail } from '../../mail/mail.transport.js';
import { smtpOptions } from './smtp.options.js';
import { SmtpTransport } from './smtp.transport.js';

/** Made for these tests: signs for "localhost" and nothing else, and nobody trusts it. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNw1tKZQYn9IRTHoA
rBJmWkL+Y4edE5x2xIJP6SRovjChRANCAARs2FKMY+6k4LZ6xTIAaw7QvWrhsKH0
sKbZmQDF8KMXFcFIE2W9621/qaOgyARjzP7FQMcvNRsnWzPAmZ19GFdB
-----END PRIVATE KEY-----`;
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIULfnbEGFW19dSQQ3aWfSFo9FvSDMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE1MzgwNFoYDzIxMjYxMDI5
MTUzODA0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARs2FKMY+6k4LZ6xTIAaw7QvWrhsKH0sKbZmQDF8KMXFcFIE2W9621/
qaOgyARjzP7FQMcvNRsnWzPAmZ19GFdBo2kwZzAdBgNVHQ4EFgQUsiGItG1Gkt+u
WTA8521qhCA1S60wHwYDVR0jBBgwFoAUsiGItG1Gkt+uWTA8521qhCA1S60wDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhALAM3qC6epwOxnBFtkWKA9A3agBFK8dgWs/VOS+Aq7LEAiA3/QwTz82o
DIjOAx7VzhK5GOvImDqCbME/AtvrxgyoAA==
-----END CERTIFICATE-----`;

export interface ReceivedMail {
  raw: string;
  from: string;
  to: string[];
  encrypted: boolean;
  user: string | undefined;
}

export interface TestMailServer {
  port: number;
  received: ReceivedMail[];
  sessions: () => number;
}

/** A reply with a code, as smtp-server wants it. */
export function reply(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

type Cleanup = (close: () => Promise<void>) => void;

/** A real SMTP server on a free port, closed after the test. It takes every mail unless told otherwise. */
export async function startMailServer(options: SMTPServerOptions = {}, cleanup: Cleanup = onTestFinished): Promise<TestMailServer> {
  const received: ReceivedMail[] = [];
  let sessions = 0;
  const server = new SMTPServer({
    name: 'localhost',
    key: KEY,
    cert: CERTIFICATE,
    authOptional: options.onAuth === undefined,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 100,
    onConnect(_session, callback) {
      sessions += 1;
      callback();
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          raw: Buffer.concat(chunks).toString('utf8'),
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          encrypted: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
        });
        callback(null, 'queued as 1');
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, received, sessions: () => sessions };
}

export async function proxyTo(server: TestMailServer, cleanup: Cleanup = onTestFinished): Promise<FaultProxy> {
  const proxy = await createFaultProxy({ target: { port: server.port } });
  cleanup(() => proxy.close());
  return proxy;
}

/** The adapter as the configuration would make it, closed after the test. */
export function transportTo(port: number, options: Record<string, unknown> = {}): SmtpTransport {
  const transport = new SmtpTransport(smtpOptions.parse({ host: 'localhost', port, security: 'none', connectTimeoutMs: 2_000, ...options }));
  onTestFinished(() => transport.close());
  return transport;
}

export const MAIL: OutgoingMail = {
  messageId: '019ab000-0000-7000-8000-000000000001.confirm-lead@acme.example',
  from: { address: 'hello@acme.example', name: 'Acme Gardens' },
  to: { address: 'jane@example.com', name: 'Jane Roe' },
  replyTo: { address: 'owner@acme.example' },
  subject: 'We have received your message',
  text: 'Thank you.\n',
  html: '<p>Thank you.</p>',
  headers: { 'Auto-Submitted': 'auto-generated' },
};

export const never = new AbortController().signal;
