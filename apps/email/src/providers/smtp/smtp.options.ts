import { z } from 'zod';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);

export const smtpOptions = z
  .strictObject({
    host: z.string().min(1),
    // A reference such as ${env:SMTP_PORT} arrives as text.
    port: z.coerce.number().int().min(1).max(65_535),
    /**
     * `tls`: encrypted from the first byte (usually port 465). `starttls`: encrypted before anything is said, and
     * nothing is sent where the server does not offer it (usually 587). `none`: for a server on the same machine.
     */
    security: z.enum(['none', 'starttls', 'tls']),
    username: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    /** Whether a mail whose fate is unknown is sent again (under the same Message-ID) or shown to an operator. */
    unknownOutcome: z.enum(['at-least-once', 'at-most-once']).default('at-least-once'),
    /** PEM of a private certificate authority, for servers with a certificate of their own making. */
    ca: z.string().optional(),
    /** What we call ourselves in EHLO. Default: the machine's name. */
    clientName: z.string().regex(/^[A-Za-z0-9.-]+$/).optional(),
    /** With fewer than `guard.concurrency`, calls wait for a connection while their deadline runs. */
    maxConnections: z.number().int().min(1).max(100).default(8),
    connectTimeoutMs: z.number().int().min(100).default(5_000),
    /** Silence after which a connection counts as dead. */
    silenceTimeoutMs: z.number().int().min(100).default(10_000),
    /** How long an idle connection is kept for the next mail. */
    idleTimeoutMs: z.number().int().min(100).default(30_000),
  })
  .superRefine((options, context) => {
    if ((options.username === undefined) !== (options.password === undefined)) {
      context.addIssue({ code: 'custom', path: ['password'], message: 'username and password belong together: give both or neither' });
    }
    if (options.password !== undefined && options.security === 'none' && !LOOPBACK.has(options.host)) {
      context.addIssue({ code: 'custom', path: ['security'], message: 'a password must not cross a network in the clear; use starttls or tls' });
    }
  });

export type SmtpOptions = z.infer<typeof smtpOptions>;
