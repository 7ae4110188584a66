import { CredentialsError, PermanentError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import { freePort, waitFor } from '@posthorn/testing';
import { simpleParser } from 'mailparser';
import { type SMTPServerOptions } from 'smtp-server';
import { describe, expect, it } from 'vitest';
import { CERTIFICATE, MAIL, never, proxyTo, reply, startMailServer, transportTo } from './mail-server.test-kit.js';
import { smtpOptions } from './smtp.options.js';

/** What the adapter rejects with. */
async function failureOf(sending: Promise<unknown>): Promise<Error & { code?: string }> {
  const answer: unknown = await sending.then(() => undefined, (error: unknown) => error);
  if (answer instanceof Error) return answer;
  throw new Error('The mail was sent, but a failure was expected');
}

describe('a mail that arrives', () => {
  it('has its parts, its Message-ID and its headers, as an independent parser reads them', async () => {
    const server = await startMailServer();
    await transportTo(server.port).send(MAIL, never);
    const [sent] = server.received;
    expect(sent).toMatchObject({ from: 'hello@acme.example', to: ['jane@example.com'] });
    const parsed = await simpleParser(sent!.raw);
    expect(parsed.messageId).toBe(`<${MAIL.messageId}>`);
    expect(parsed.subject).toBe(MAIL.subject);
    expect(parsed.from?.text).toBe('"Acme Gardens" <hello@acme.example>');
    expect(parsed.replyTo?.text).toBe('owner@acme.example');
    expect(parsed.text?.trim()).toBe('Thank you.');
    expect(parsed.html).toBe('<p>Thank you.</p>');
    expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(parsed.headers.get('x-mailer')).toBeUndefined();
  });

  it('carries an invitation both inline, with its method, and as a file', async () => {
    const server = await startMailServer();
    const content = 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n';
    await transportTo(server.port).send({ ...MAIL, invitation: { method: 'CANCEL', content } }, never);
    expect(server.received[0]!.raw).toMatch(/Content-Type: text\/calendar; charset=utf-8; method=CANCEL/);
    const { attachments } = await simpleParser(server.received[0]!.raw);
    expect(attachments.map(({ filename }) => filename)).toContain('invite.ics');
    for (const attachment of attachments) expect(attachment.content.toString()).toBe(content);
  });

  it('goes over a connection that is used again', async () => {
    const server = await startMailServer();
    const transport = transportTo(server.port);
    for (let count = 0; count < 3; count += 1) await transport.send(MAIL, never);
    expect(server.received).toHaveLength(3);
    expect(server.sessions()).toBe(1);
  });

  it('is sent once although the idle connection had died', async () => {
    const server = await startMailServer();
    const proxy = await proxyTo(server);
    const transport = transportTo(proxy.port);
    await transport.send(MAIL, never);
    proxy.cut();
    proxy.restore();
    await transport.send(MAIL, never);
    expect(server.received).toHaveLength(2);
  });
});

describe('encryption and credentials', () => {
  const login = { username: 'acme', password: 'right' };
  const checked: SMTPServerOptions = {
    onAuth: (auth, _session, callback) => {
      if (auth.password === 'right') callback(null, { user: 'acme' });
      else callback(reply(535, '5.7.8 jane@example.com: wrong'));
    },
  };

  it('checks a login without sending anything', async () => {
    const server = await startMailServer(checked);
    const options = { security: 'starttls', ca: CERTIFICATE, username: 'acme' };
    await transportTo(server.port, { ...options, password: 'right' }).check(never);
    expect(await failureOf(transportTo(server.port, { ...options, password: 'wrong' }).check(never))).toBeInstanceOf(CredentialsError);
    expect(await failureOf(transportTo(await freePort()).check(never))).toMatchObject({ code: 'SMTP_UNREACHABLE' });
    expect(server.received).toEqual([]);
  });

  it('ends a check at its deadline', async () => {
    const server = await startMailServer({ ...checked, onConnect: () => undefined });
    expect(await failureOf(transportTo(server.port).check(AbortSignal.timeout(50)))).toMatchObject({ code: 'SMTP_DEADLINE' });
  });

  it('sends after STARTTLS and a login', async () => {
    const server = await startMailServer(checked);
    await transportTo(server.port, { security: 'starttls', ca: CERTIFICATE, ...login }).send(MAIL, never);
    expect(server.received[0]).toMatchObject({ encrypted: true, user: 'acme' });
  });

  it('sends over TLS from the first byte', async () => {
    const server = await startMailServer({ ...checked, secure: true });
    await transportTo(server.port, { security: 'tls', ca: CERTIFICATE, ...login }).send(MAIL, never);
    expect(server.received[0]).toMatchObject({ encrypted: true, user: 'acme' });
  });

  it('says nothing, not even the password, to a server without the required STARTTLS', async () => {
    let asked = false;
    const server = await startMailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true, onAuth: (_auth, _session, callback) => { asked = true; callback(null, { user: 'x' }); } });
    const failure = await failureOf(transportTo(server.port, { security: 'starttls', ca: CERTIFICATE, ...login }).send(MAIL, never));
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure.code).toBe('SMTP_NO_ENCRYPTION');
    expect(asked).toBe(false);
    expect(server.received).toHaveLength(0);
  });

  it('does not trust a certificate that nobody vouches for', async () => {
    const server = await startMailServer();
    const failure = await failureOf(transportTo(server.port, { security: 'starttls' }).send(MAIL, never));
    expect(failure.code).toBe('SMTP_NO_ENCRYPTION');
    expect(server.received).toHaveLength(0);
  });

  it('reports a wrong password as rejected credentials, without quoting the server', async () => {
    const server = await startMailServer(checked);
    const failure = await failureOf(transportTo(server.port, { security: 'starttls', ca: CERTIFICATE, username: 'acme', password: 'wrong' }).send(MAIL, never));
    expect(failure).toBeInstanceOf(CredentialsError);
    expect(failure.code).toBe('SMTP_CREDENTIALS_REJECTED');
    expect(failure.message).not.toContain('@');
  });

  it('reports a login that is asked for and not configured as rejected credentials', async () => {
    const server = await startMailServer({ onMailFrom: (_address, _session, callback) => callback(reply(530, '5.7.0 Authentication required')) });
    expect(await failureOf(transportTo(server.port).send(MAIL, never))).toBeInstanceOf(CredentialsError);
  });

  it('reports a login that is not possible at the moment as retryable', async () => {
    const server = await startMailServer({ onAuth: (_auth, _session, callback) => callback(reply(454, '4.7.0 Temporary failure')) });
    const failure = await failureOf(transportTo(server.port, { security: 'starttls', ca: CERTIFICATE, ...login }).send(MAIL, never));
    expect(failure).toBeInstanceOf(RetryableError);
  });

  it.each([
    ['a password over an open network', { host: 'mail.example', port: 25, security: 'none', ...login }],
    ['a user without a password', { host: 'mail.example', port: 25, security: 'tls', username: 'acme' }],
    ['a misspelt option', { host: 'mail.example', port: 25, security: 'tls', pasword: 'x' }],
  ])('refuses %s in the configuration', (_what, options) => {
    expect(smtpOptions.safeParse(options).success).toBe(false);
  });
});

describe('what a failure means', () => {
  it('nobody listens: retryable', async () => {
    const failure = await failureOf(transportTo(await freePort()).send(MAIL, never));
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure.code).toBe('SMTP_UNREACHABLE');
  });

  it.each([
    ['sender', 'onMailFrom'],
    ['recipient', 'onRcptTo'],
  ] as const)('4yz at the %s: retryable', async (_what, hook) => {
    const server = await startMailServer({ [hook]: (_address: unknown, _session: unknown, callback: (error: Error) => void) => callback(reply(451, '4.3.0 greylisted')) });
    const failure = await failureOf(transportTo(server.port).send(MAIL, never));
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure.code).toBe('SMTP_DEFERRED_451');
  });

  it('5yz at the recipient: permanent, and the address stays out of the message', async () => {
    const server = await startMailServer({ onRcptTo: (_address, _session, callback) => callback(reply(550, '5.1.1 <jane@example.com> unknown')) });
    const transport = transportTo(server.port);
    const failure = await failureOf(transport.send(MAIL, never));
    expect(failure).toBeInstanceOf(PermanentError);
    expect(failure.code).toBe('SMTP_REFUSED_550');
    expect(failure.message).not.toContain('jane');
  });

  it.each([
    [552, PermanentError],
    [452, RetryableError],
  ])('%i as the reply to the message settles it', async (code, expected) => {
    const server = await startMailServer({ onData: (stream, _session, callback) => { stream.resume().on('end', () => callback(reply(code, 'no'))); } });
    expect(await failureOf(transportTo(server.port).send(MAIL, never))).toBeInstanceOf(expected);
  });

  it('a server that turns everybody away: retryable, since that is not about this mail', async () => {
    const server = await startMailServer({ onConnect: (_session, callback) => callback(reply(554, 'No service')) });
    expect(await failureOf(transportTo(server.port).send(MAIL, never))).toBeInstanceOf(RetryableError);
  });

  it('cut before the message: retryable', async () => {
    const server = await startMailServer({ onRcptTo: () => proxy.cut() });
    const proxy = await proxyTo(server);
    expect(await failureOf(transportTo(proxy.port).send(MAIL, never))).toBeInstanceOf(RetryableError);
  });

  it('cut after the final dot: nobody knows', async () => {
    const server = await startMailServer({ onData: (stream) => { stream.resume().on('end', () => proxy.cut()); } });
    const proxy = await proxyTo(server);
    const failure = await failureOf(transportTo(proxy.port).send(MAIL, never));
    expect(failure).toBeInstanceOf(UnknownOutcomeError);
    expect(failure.code).toBe('SMTP_NO_REPLY_TO_MESSAGE');
  });

  it('silence after the final dot: nobody knows', async () => {
    const server = await startMailServer({ onData: (stream) => { stream.resume(); } });
    expect(await failureOf(transportTo(server.port, { silenceTimeoutMs: 600 }).send(MAIL, never))).toBeInstanceOf(UnknownOutcomeError);
  });

  it('the deadline after the final dot: nobody knows, and the connection is closed', async () => {
    const deadline = new AbortController();
    const server = await startMailServer({ onData: (stream) => { stream.resume().on('end', () => deadline.abort()); } });
    const proxy = await proxyTo(server);
    expect(await failureOf(transportTo(proxy.port).send(MAIL, deadline.signal))).toBeInstanceOf(UnknownOutcomeError);
    await waitFor(() => proxy.connections === 0, { describe: 'the connection to be closed' });
  });

  it('the deadline before the message: retryable', async () => {
    const deadline = new AbortController();
    const server = await startMailServer({ onMailFrom: () => deadline.abort() });
    const failure = await failureOf(transportTo(server.port).send(MAIL, deadline.signal));
    expect(failure).toBeInstanceOf(RetryableError);
    expect(failure.code).toBe('SMTP_DEADLINE');
  });
});

describe('hostile values', () => {
  const INJECTION = '\r\nBcc: victim@example.com\r\nX-Evil: yes';

  it('cannot add a header or a recipient through names and subject', async () => {
    const server = await startMailServer();
    await transportTo(server.port).send(
      {
        ...MAIL,
        subject: `Hello${INJECTION}`,
        from: { ...MAIL.from, name: `Acme${INJECTION}` },
        to: { ...MAIL.to, name: `Jane", victim@example.com, "${INJECTION}` },
        replyTo: { address: 'owner@acme.example', name: `Owner${INJECTION}` },
        headers: { 'List-Unsubscribe': `<https://acme.example>${INJECTION}` },
      },
      never,
    );
    const [sent] = server.received;
    expect(sent!.to).toEqual(['jane@example.com']);
    const parsed = await simpleParser(sent!.raw);
    expect(parsed.headers.has('x-evil')).toBe(false);
    expect(parsed.headers.has('bcc')).toBe(false);
    expect([parsed.to].flat().flatMap((list) => list?.value ?? []).map(({ address }) => address)).toEqual(['jane@example.com']);
  });

  it.each(['jane@example.com\r\nRCPT TO:<victim@example.com>', 'jane@example.com> SIZE=1\r\nDATA', 'a@b.example, victim@example.com'])(
    'cannot smuggle a command through the address %j',
    async (address) => {
      const commands: string[] = [];
      const server = await startMailServer({ onRcptTo: ({ address: to }, _session, callback) => { commands.push(to); callback(); } });
      const failure = await failureOf(transportTo(server.port).send({ ...MAIL, to: { address } }, never));
      expect(failure).toBeInstanceOf(PermanentError);
      expect(commands).toEqual([]);
    },
  );

  it('cannot end the message early with a line that holds only a dot', async () => {
    const server = await startMailServer();
    await transportTo(server.port).send({ ...MAIL, text: 'before\r\n.\r\nMAIL FROM:<evil@example.com>\r\nafter' }, never);
    expect(server.received).toHaveLength(1);
    expect((await simpleParser(server.received[0]!.raw)).text).toContain('after');
  });
});
