import { CredentialsError, PermanentError, type ProviderError, RetryableError, UnknownOutcomeError } from '@posthorn/resilience';

/** What nodemailer puts on its errors. `responseCode` is the server's own reply, where there was one. */
export interface SmtpFailure {
  code?: string;
  responseCode?: number;
  command?: string;
  /** Node's own code, such as DEPTH_ZERO_SELF_SIGNED_CERT, where nodemailer put its code over it. */
  originalCode?: string;
}

/** How far a mail had come when it failed. */
export interface Transmission {
  /** The whole message, its final dot included, was handed to the connection. */
  complete: boolean;
}

const REFUSED_CREDENTIALS = new Set([530, 534, 535, 538]);
/** Not in the mail's way but in the session's: the same mail may pass in a new one. */
const BAD_SEQUENCE = 503;
const UNTRUSTED = /CERT|SIGNATURE|SELF_SIGNED|ISSUER|ALTNAME|SSL|TLS|EPROTO/;
const SESSION_COMMANDS = new Set(['CONN', 'EHLO', 'HELO', 'STARTTLS', 'RSET']);

/**
 * Says once what a failed attempt means. A reply settles it; without one, a message that was sent whole may have
 * been accepted (RFC 5321 §6.1, RFC 1047), and one that was not cannot have been.
 * The server's words are left out: they tend to quote the recipient's address.
 */
export function translateSmtpError(error: unknown, transmission: Transmission): ProviderError {
  const failure = failureOf(error);
  const { responseCode: reply, command } = failure;
  const details = { cause: error };
  const during = command === undefined ? '' : ` to ${command}`;
  if (reply !== undefined && (REFUSED_CREDENTIALS.has(reply) || (failure.code === 'EAUTH' && reply >= 500))) {
    return new CredentialsError('SMTP_CREDENTIALS_REJECTED', `The mail server refused the credentials with ${reply}`, {
      ...details,
      remedy: 'Check username and password of this connection, and whether the account may send by SMTP.',
    });
  }
  if (failure.code === 'ENOAUTH' || (failure.code === 'EAUTH' && reply === undefined)) {
    return new CredentialsError('SMTP_AUTHENTICATION_IMPOSSIBLE', 'The mail server offers no way to log in with these credentials', {
      ...details,
      remedy: 'Check username and password of this connection, and which AUTH methods its server offers.',
    });
  }
  if (failure.code === 'ETLS' || command === 'STARTTLS' || UNTRUSTED.test(failure.originalCode ?? '')) {
    return new RetryableError('SMTP_NO_ENCRYPTION', 'No encrypted connection could be made, so nothing was sent', {
      ...details,
      remedy: "Check the server's certificate and whether it offers what `security` of this connection asks for.",
    });
  }
  if (reply !== undefined && reply >= 500 && reply !== BAD_SEQUENCE && !SESSION_COMMANDS.has(command ?? '')) {
    return new PermanentError(`SMTP_REFUSED_${reply}`, `The mail server answered ${reply}${during}: it will not take this mail`, {
      ...details,
      remedy: command === 'MAIL FROM' ? 'Check whether the account may send as the address in "from".' : 'Check whether the recipient exists and accepts mail from this sender.',
    });
  }
  if (reply !== undefined && reply >= 400) {
    return new RetryableError(`SMTP_DEFERRED_${reply}`, `The mail server answered ${reply}${during}: not now`, details);
  }
  if (transmission.complete) {
    return new UnknownOutcomeError('SMTP_NO_REPLY_TO_MESSAGE', 'The message was sent whole, but no reply came: the mail server may have taken it', details);
  }
  if (failure.code === 'EENVELOPE' || failure.code === 'EMESSAGE') return unsendable(error);
  if (failure.code === 'EABORT') return new RetryableError('SMTP_DEADLINE', 'The mail server was too slow; the message had not been sent', details);
  return new RetryableError('SMTP_UNREACHABLE', `The mail server cannot be reached (${failure.code ?? 'unknown error'})`, details);
}

/** An address that could be read as several, or as more than an address, is not handed to SMTP at all. */
export function unsendable(cause?: unknown): PermanentError {
  return new PermanentError('SMTP_MAIL_UNSENDABLE', 'This mail cannot be sent as it is: its sender or recipient is not an address SMTP can carry', { cause });
}

function failureOf(error: unknown): SmtpFailure {
  if (typeof error !== 'object' || error === null) return {};
  const read = (key: string): unknown => Reflect.get(error, key);
  const [code, responseCode, command, originalCode] = ['code', 'responseCode', 'command', 'originalCode'].map(read);
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof responseCode === 'number' && { responseCode }),
    ...(typeof command === 'string' && { command }),
    ...(typeof originalCode === 'string' && { originalCode }),
  };
}
