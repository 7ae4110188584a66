import { CredentialsError, PermanentError, type ProviderError, type ProviderResponse, RetryableError, retryAfterMs } from '@posthorn/resilience';

/** What a server may refuse about the entry itself (RFC 4791 §5.3.2.1), as opposed to who asks. */
const REFUSED = /(valid-calendar-data|valid-calendar-object-resource|supported-calendar-data|supported-calendar-component|max-resource-size|min-date-time|max-date-time|max-instances|max-attendees-per-instance)/;

/** The UID is in use at another address of the same calendar. Servers answer 403, 409 or 412 with this element. */
export function isUidConflict({ status, body }: ProviderResponse): boolean {
  return (status === 403 || status === 409 || status === 412) && /no-uid-conflict/.test(body);
}

/** The server's words are left out: they may quote the entry. */
export function translateCalDavError({ status, headers, body }: ProviderResponse, doing: string): ProviderError {
  const told = `status ${status} while ${doing}`;
  const refusal = REFUSED.exec(body)?.[1];
  if (refusal !== undefined && status < 500) {
    return new PermanentError('CALENDAR_ENTRY_REFUSED', `The calendar server refused the entry: ${refusal} (${told})`, { status });
  }
  if (status === 401) {
    return new CredentialsError('CALENDAR_CREDENTIALS_REJECTED', `The calendar server rejected user name or password (${told})`, {
      status,
      remedy: 'Create a new app password for the calendar and configure it as password.',
    });
  }
  if (status === 403) {
    return new CredentialsError('CALENDAR_PERMISSION_MISSING', `The calendar may not be written by this user (${told})`, {
      status,
      remedy: 'Share the calendar with the user for writing, or configure the address of one they own.',
    });
  }
  if (status >= 300 && status < 400) {
    // A wrong address, or a maintenance page: whichever it is, no booking is to be given up for it.
    return new RetryableError('CALENDAR_REDIRECTED', `The calendar server redirected the request (${told})`, {
      status,
      remedy: 'Configure the address it redirects to as url.',
    });
  }
  // A missing calendar is mended in the configuration or on the server; giving up would make a dead letter of every booking.
  if (status === 404 || status === 409 || status === 410) {
    return new RetryableError('CALENDAR_NOT_FOUND', `There is no calendar at the configured address (${told})`, {
      status,
      remedy: 'Configure the address of an existing calendar as url.',
    });
  }
  if (status === 408 || status === 412 || status === 423 || status === 425 || status === 429 || status >= 500) {
    return new RetryableError(status === 429 ? 'CALENDAR_RATE_LIMITED' : 'CALENDAR_UNAVAILABLE', `The calendar server could not do it now (${told})`, {
      status,
      retryAfterMs: retryAfterMs(headers),
    });
  }
  return new PermanentError('CALENDAR_REFUSED', `The calendar server refused the request (${told})`, { status });
}

/** Somebody answered who is no calendar server: a log-in page, a proxy, the address of a website. */
export function unreadable(doing: string): RetryableError {
  return new RetryableError('CALENDAR_ANSWER_UNREADABLE', `The answer was not a calendar server's (${doing})`, {
    remedy: 'Check that url is the calendar itself and not a web page.',
  });
}
