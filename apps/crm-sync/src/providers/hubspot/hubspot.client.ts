import { type ProviderResponse, type ReportRateLimit, requestProvider, UnknownOutcomeError } from '@posthorn/resilience';
import { type HubSpotErrorBody, statusOfCategory, translateHubSpotError } from './hubspot.errors.js';
import type { HubSpotOptions } from './hubspot.options.js';
import { hubSpotRateLimit } from './hubspot.rate-limit.js';

export type Properties = Record<string, string>;

export interface HubSpotRecord {
  id: string;
  /** Told by upsert: whether this call created it. */
  new?: boolean;
  properties?: Record<string, string | null>;
}

interface BatchAnswer {
  status?: string;
  results?: HubSpotRecord[];
  numErrors?: number;
  errors?: HubSpotErrorBody[];
}

/**
 * HubSpot's dated API, the one place that names its version. The numbered ones end: v4 on 30 March 2027, v3 in
 * September 2027. A dated version lives for at least 18 months.
 */
const OBJECTS = '/crm/objects/2026-03';
const PROPERTIES = '/crm/properties/2026-03';

/** HubSpot over HTTP: one method a request, its errors already translated. */
export class HubSpotClient {
  private readonly base: string;

  constructor(
    private readonly options: Pick<HubSpotOptions, 'baseUrl' | 'accessToken' | 'requestTimeoutMs'>,
    private readonly traceHeaders: () => Record<string, string>,
    private readonly reportRateLimit: ReportRateLimit,
  ) {
    this.base = options.baseUrl.replace(/\/+$/, '');
  }

  /** Never searches first: the search index lags, and what it does not know yet would be created again. */
  async upsert(object: string, idProperty: string, id: string, properties: Properties, signal: AbortSignal): Promise<HubSpotRecord> {
    const response = await this.send('POST', `${OBJECTS}/${object}/batch/upsert`, signal, {
      inputs: [{ idProperty, id, properties }],
    });
    this.assertSuccess(response);
    const answer = parse<BatchAnswer>(response);
    // 207 (and sometimes 200) with an error inside: nothing was written for our only input.
    const [error] = answer.errors ?? [];
    if (error) throw translateHubSpotError({ status: statusOfCategory(error.category), headers: response.headers }, error);
    return withId(answer.results?.[0], response);
  }

  /** Undefined where nobody has this e-mail address; `'taken'` where another contact has the new one. */
  async updateContact(email: string, properties: Properties, signal: AbortSignal): Promise<HubSpotRecord | 'taken' | undefined> {
    const response = await this.send('PATCH', byEmail(email), signal, { properties });
    if (response.status === 404) return undefined;
    if (response.status === 409) return 'taken';
    this.assertSuccess(response);
    return withId(parse<HubSpotRecord>(response), response);
  }

  /** The default association of the two kinds; made again, it changes nothing. */
  async associateContact(from: string, fromId: string, contactId: string, signal: AbortSignal): Promise<void> {
    this.assertSuccess(await this.send('PUT', `${OBJECTS}/${from}/${fromId}/associations/default/contacts/${contactId}`, signal));
  }

  /** The records that have one of these values, by HubSpot's own ids. Read by a unique property, it knows what a search does not know yet. */
  async find(object: string, idProperty: string, values: readonly string[], signal: AbortSignal): Promise<string[]> {
    const inputs = values.map((id) => ({ id }));
    const response = await this.send('POST', `${OBJECTS}/${object}/batch/read`, signal, { inputs, idProperty, properties: [idProperty] });
    this.assertSuccess(response);
    const answer = parse<BatchAnswer>(response);
    const error = answer.errors?.find(({ category }) => category !== 'OBJECT_NOT_FOUND');
    if (error) throw translateHubSpotError({ status: statusOfCategory(error.category), headers: response.headers }, error);
    return (answer.results ?? []).map((record) => withId(record, response).id);
  }

  async update(object: string, ids: readonly string[], properties: Properties, signal: AbortSignal): Promise<void> {
    this.assertSuccess(await this.send('POST', `${OBJECTS}/${object}/batch/update`, signal, { inputs: ids.map((id) => ({ id, properties })) }));
  }

  /** Into HubSpot's recycling bin, where it stays for 90 days. */
  async archive(object: string, ids: readonly string[], signal: AbortSignal): Promise<void> {
    this.assertSuccess(await this.send('POST', `${OBJECTS}/${object}/batch/archive`, signal, { inputs: ids.map((id) => ({ id })) }));
  }

  /**
   * HubSpot's lasting deletion. By id and never by e-mail address: asked to delete an address it does not know,
   * HubSpot puts it on a block list, and the person could never become a contact again.
   */
  async eraseContact(objectId: string, signal: AbortSignal): Promise<void> {
    const response = await this.send('POST', `${OBJECTS}/contacts/gdpr-delete`, signal, { objectId });
    if (response.status !== 404) this.assertSuccess(response);
  }

  /** The cheapest question whose answer needs a token that may see contacts. */
  async readOneContact(signal: AbortSignal): Promise<void> {
    this.assertSuccess(await this.send('GET', `${OBJECTS}/contacts?limit=1&properties=hs_object_id`, signal));
  }

  async property(object: string, name: string, signal: AbortSignal): Promise<{ hasUniqueValue?: boolean } | undefined> {
    const response = await this.send('GET', `${PROPERTIES}/${object}/${name}`, signal);
    if (response.status === 404) return undefined;
    this.assertSuccess(response);
    return parse<{ hasUniqueValue?: boolean }>(response);
  }

  /** One that exists already is a success: another replica was faster. */
  async createProperty(object: string, definition: Record<string, unknown>, signal: AbortSignal): Promise<void> {
    const response = await this.send('POST', `${PROPERTIES}/${object}`, signal, definition);
    if (response.status !== 409) this.assertSuccess(response);
  }

  async createPropertyGroup(object: string, definition: Record<string, unknown>, signal: AbortSignal): Promise<void> {
    const response = await this.send('POST', `${PROPERTIES}/${object}/groups`, signal, definition);
    if (response.status !== 409) this.assertSuccess(response);
  }

  private async send(method: string, path: string, signal: AbortSignal, body?: unknown): Promise<ProviderResponse> {
    const response = await requestProvider({
      provider: 'HubSpot',
      method,
      url: `${this.base}${path}`,
      headers: {
        ...this.traceHeaders(),
        accept: 'application/json',
        authorization: `Bearer ${this.options.accessToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      timeoutMs: this.options.requestTimeoutMs,
    });
    this.reportRateLimit(hubSpotRateLimit(response.headers));
    return response;
  }

  private assertSuccess(response: ProviderResponse): void {
    if (response.status >= 200 && response.status < 300) return;
    throw translateHubSpotError(response, errorBody(response.body));
  }
}

function byEmail(email: string): string {
  return `${OBJECTS}/contacts/${encodeURIComponent(email)}?idProperty=email`;
}

/** Every field of `T` must be optional to whoever calls this: it is an object and nothing else is known of it. */
function parse<T extends object>(response: ProviderResponse): T {
  let cause: unknown;
  try {
    const body: unknown = JSON.parse(response.body);
    if (typeof body === 'object' && body !== null) return body as T;
  } catch (error) {
    cause = error;
  }
  // Somebody in between, for instance a proxy with a page of its own: that passes, or is mended, and the lead waits.
  throw new UnknownOutcomeError('CRM_ANSWER_UNREADABLE', 'HubSpot answered something that is not its JSON', {
    cause,
    status: response.status,
    remedy: 'Check that baseUrl is the API and not a web page.',
  });
}

function withId(record: Partial<HubSpotRecord> | null | undefined, { status }: ProviderResponse): HubSpotRecord {
  const id = record?.id;
  if (typeof id === 'string' && id !== '') return { ...record, id };
  throw new UnknownOutcomeError('CRM_ANSWER_UNREADABLE', `HubSpot answered status ${status} without the record`);
}

function errorBody(text: string): HubSpotErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    return body !== null && typeof body === 'object' ? body : {};
  } catch {
    return {}; // a proxy's HTML page: the status is all there is
  }
}
