import { ProviderError, type ProviderResponse, rateLimitOf, type ReportRateLimit, requestProvider } from '@posthorn/resilience';
import { calendarQuery, type DAVResponse } from 'tsdav';
import type { TimeRange } from '../../calendar.provider.js';
import { isUidConflict, translateCalDavError, unreadable } from './caldav.errors.js';
import type { CalDavOptions } from './caldav.options.js';

export interface StoredObject {
  href: string;
  etag?: string;
  ics: string;
}

/** What a conditional write met: done, or a condition that did not hold. */
export type Written = 'written' | 'precondition-failed' | 'uid-conflict';

/** A REPORT may bring many entries. */
const MAX_REPORT_BYTES = 16 * 1_048_576;

/**
 * CalDAV over HTTP. PUT, GET and DELETE are plain requests, because their status codes and entity tags are what
 * decides here; REPORT goes through tsdav, which writes and reads its XML.
 */
export class CalDavClient {
  private readonly collection: URL;

  constructor(
    private readonly options: CalDavOptions,
    private readonly traceHeaders: () => Record<string, string>,
    private readonly reportRateLimit: ReportRateLimit,
  ) {
    this.collection = new URL(options.url.endsWith('/') ? options.url : `${options.url}/`);
  }

  /** Where an entry of this UID is kept, unless the server chose another place for it. */
  hrefOf(uid: string): string {
    return new URL(`${encodeURIComponent(uid)}.ics`, this.collection).pathname;
  }

  /** The calendar itself, without its entries. */
  async lookAtCollection(signal: AbortSignal): Promise<void> {
    const body = '<propfind xmlns="DAV:"><prop><resourcetype/></prop></propfind>';
    const headers = { depth: '0', 'content-type': 'application/xml; charset=utf-8' };
    const response = await this.send('PROPFIND', this.collection.href, signal, headers, body);
    assertSuccess(response, 'looking at the calendar');
    if (response.status !== 207) throw unreadable('looking at the calendar');
  }

  async read(href: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    const response = await this.send('GET', href, signal, { accept: 'text/calendar' });
    if (response.status === 404 || response.status === 410) return undefined;
    assertSuccess(response, 'reading an entry');
    if (!/^\s*BEGIN:VCALENDAR/i.test(response.body)) throw unreadable('reading an entry');
    return { href, etag: response.headers.get('etag') ?? undefined, ics: response.body };
  }

  create(href: string, ics: string, signal: AbortSignal): Promise<Written> {
    return this.put(href, ics, { 'if-none-match': '*' }, signal);
  }

  replace({ href, etag }: StoredObject, ics: string, signal: AbortSignal): Promise<Written> {
    // Proxies that compress make entity tags weak, and a weak one never matches: the strong form is the server's own.
    return this.put(href, ics, etag ? { 'if-match': etag.replace(/^W\//, '') } : {}, signal);
  }

  /** False where nothing was there. */
  async delete(href: string, signal: AbortSignal): Promise<boolean> {
    const response = await this.send('DELETE', href, signal, {});
    if (response.status === 404 || response.status === 410) return false;
    assertSuccess(response, 'removing an entry');
    if (response.status !== 204 && (await this.read(href, signal)) !== undefined) throw unreadable('removing an entry');
    return true;
  }

  async findByUid(uid: string, signal: AbortSignal): Promise<StoredObject[]> {
    return this.query({ 'prop-filter': { _attributes: { name: 'UID' }, 'text-match': { _attributes: { collation: 'i;octet' }, _text: uid } } }, signal);
  }

  async findBetween({ start, end }: TimeRange, signal: AbortSignal): Promise<StoredObject[]> {
    return this.query({ 'time-range': { _attributes: { start: basicUtc(start), end: basicUtc(end) } } }, signal);
  }

  private async query(filter: Record<string, unknown>, signal: AbortSignal): Promise<StoredObject[]> {
    const responses = await this.report(
      {
        'comp-filter': { _attributes: { name: 'VCALENDAR' }, 'comp-filter': { _attributes: { name: 'VEVENT' }, ...filter } },
      },
      signal,
    );
    return responses.flatMap(({ href, props }) => {
      const ics = textOf(props?.['calendarData']);
      return href && ics ? [{ href: new URL(href, this.collection).pathname, etag: textOf(props?.['getetag']), ics }] : [];
    });
  }

  private async report(filters: Record<string, unknown>, signal: AbortSignal): Promise<DAVResponse[]> {
    try {
      const responses = await calendarQuery({
        url: this.collection.href,
        props: { 'd:getetag': {}, 'c:calendar-data': {} },
        filters,
        depth: '1',
        fetch: (_url, init) => this.fetchReport(init, signal),
      });
      // An answer that tsdav could not read comes back as raw text and would look like "nothing found".
      if (responses.some(({ raw }) => typeof raw === 'string' && raw !== '')) throw new TypeError('not a multistatus');
      return responses;
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      // tsdav's own message quotes the answer, entries and all.
      throw unreadable('looking for entries');
    }
  }

  private async fetchReport(init: RequestInit | undefined, signal: AbortSignal): Promise<Response> {
    const headers = Object.fromEntries(new Headers(init?.headers));
    const response = await this.send('REPORT', this.collection.href, signal, headers, typeof init?.body === 'string' ? init.body : '', MAX_REPORT_BYTES);
    assertSuccess(response, 'looking for entries');
    return new Response(response.body, { status: response.status, headers: response.headers });
  }

  private async put(href: string, ics: string, condition: Record<string, string>, signal: AbortSignal): Promise<Written> {
    const response = await this.send('PUT', href, signal, { 'content-type': 'text/calendar; charset=utf-8', ...condition }, ics);
    if (isUidConflict(response)) return 'uid-conflict';
    if (response.status === 412) return 'precondition-failed';
    assertSuccess(response, 'storing an entry');
    // A website answers 200 to anything. Calendar servers say 201 or 204; of any other success it is looked at.
    if (response.status !== 201 && response.status !== 204 && (await this.read(href, signal)) === undefined) throw unreadable('storing an entry');
    return 'written';
  }

  private async send(method: string, href: string, signal: AbortSignal, headers: Record<string, string>, body?: string, maxResponseBytes?: number): Promise<ProviderResponse> {
    const { username, password, requestTimeoutMs } = this.options;
    const response = await requestProvider({
      provider: 'The calendar server',
      method,
      url: new URL(href, this.collection),
      headers: { ...this.traceHeaders(), ...headers, authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
      body,
      signal,
      timeoutMs: requestTimeoutMs,
      maxResponseBytes,
    });
    this.reportRateLimit(rateLimitOf(response.headers));
    return response;
  }
}

function assertSuccess(response: ProviderResponse, doing: string): void {
  if (response.status < 200 || response.status >= 300) throw translateCalDavError(response, doing);
}

/** tsdav gives an element's text as it is, or wrapped where the server used CDATA. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value !== null && typeof value === 'object' && '_cdata' in value) return textOf(value._cdata);
  return undefined;
}

function basicUtc(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '');
}
