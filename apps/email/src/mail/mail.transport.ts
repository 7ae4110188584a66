export interface MailAddress {
  address: string;
  name?: string | undefined;
}

/** An iCalendar object that travels with a mail (RFC 6047). */
export interface MailInvitation {
  method: 'REQUEST' | 'CANCEL';
  content: string;
}

/** A whole mail, ready for any transport. */
export interface OutgoingMail {
  /** Without angle brackets. The same for every attempt, so that a receiver can recognise a repeat. */
  messageId: string;
  from: MailAddress;
  to: MailAddress;
  replyTo?: MailAddress | undefined;
  subject: string;
  text: string;
  html: string;
  headers: Readonly<Record<string, string>>;
  invitation?: MailInvitation | undefined;
}

/**
 * Hands a mail to somebody who will carry it on. Resolves once responsibility was taken over. Rejects with a
 * RetryableError, PermanentError, CredentialsError or UnknownOutcomeError and nothing else.
 */
export interface MailTransport {
  send(mail: OutgoingMail, signal: AbortSignal): Promise<{ response: string }>;
  /** Whether the server accepts our credentials; sends nothing. Rejects as `send` does. */
  check(signal: AbortSignal): Promise<void>;
  /** Ends idle connections; mails under way finish first. */
  close(): void;
}
