import { CredentialsError, PermanentError, type ProviderError, RetryableError, type ProviderResponse, retryAfterMs } from '@posthorn/resilience';

/** What HubSpot tells of an error. Every field may be missing: HubSpot says so itself. */
export interface HubSpotErrorBody {
  category?: string;
  subCategory?: unknown;
  correlationId?: string;
  policyName?: string;
  message?: string;
  context?: Record<string, unknown>;
  errors?: { message?: string; code?: string; in?: string; context?: Record<string, unknown> }[];
}

/** HubSpot refused the values of named properties; the rest of the record may still be wanted. */
export class RefusedPropertiesError extends PermanentError {
  constructor(
    readonly properties: readonly string[],
    message: string,
    status: number,
  ) {
    super('CRM_PROPERTIES_REFUSED', message, { status });
  }
}

/**
 * HubSpot's own message is left out on purpose: it repeats the values it dislikes, which are people's
 * names and addresses, and what is thrown here reaches logs and the audit log.
 */
export function translateHubSpotError(response: Pick<ProviderResponse, 'status' | 'headers'>, body: HubSpotErrorBody): ProviderError {
  const { status } = response;
  const told = describe(status, body);
  if (status === 401) {
    return new CredentialsError('CRM_CREDENTIALS_REJECTED', `HubSpot rejected the access token (${told})`, {
      status,
      remedy: 'Create a new token for the private app and configure it as accessToken.',
    });
  }
  if (status === 403) {
    return new CredentialsError('CRM_PERMISSION_MISSING', `HubSpot does not allow this to the access token (${told})`, {
      status,
      remedy: 'Grant the private app the scopes crm.objects.contacts.read and .write, crm.objects.deals.write, crm.schemas.contacts.write and crm.schemas.deals.write.',
    });
  }
  if (status === 429) {
    return new RetryableError('CRM_RATE_LIMITED', `HubSpot's limit is used up (${told})`, {
      status,
      retryAfterMs: retryAfterMs(response.headers) ?? policyPauseMs(body.policyName),
    });
  }
  // 423: too much written to one record at once; 477: the account is moving to another data centre.
  if (status === 408 || status === 409 || status === 423 || status === 425 || status === 477 || status >= 500) {
    return new RetryableError('CRM_UNAVAILABLE', `HubSpot could not do it now (${told})`, {
      status,
      retryAfterMs: retryAfterMs(response.headers) ?? (status === 423 ? 2_000 : undefined),
    });
  }
  if (status >= 300 && status < 400) {
    // A wrong address, or a maintenance page: whichever it is, no lead is to be given up for it.
    return new RetryableError('CRM_REDIRECTED', `HubSpot redirected the request (${told})`, {
      status,
      remedy: 'Configure the address it redirects to as baseUrl.',
    });
  }
  const properties = refusedProperties(body);
  if (status === 400 && properties.length > 0) {
    return new RefusedPropertiesError(properties, `HubSpot refused the values of ${properties.join(', ')} (${told})`, status);
  }
  return new PermanentError('CRM_REFUSED', `HubSpot refused the request (${told})`, { status });
}

/** The errors inside a 207 carry a category and no status of their own that can be relied on. */
export function statusOfCategory(category: string | undefined): number {
  switch (category) {
    case 'VALIDATION_ERROR':
    case 'BAD_REQUEST':
      return 400;
    case 'INVALID_AUTHENTICATION':
    case 'EXPIRED_AUTHENTICATION':
      return 401;
    case 'MISSING_SCOPES':
    case 'BANNED':
      return 403;
    case 'OBJECT_NOT_FOUND':
      return 404;
    case 'CONFLICT':
      return 409;
    case 'RATE_LIMITS':
      return 429;
    case undefined:
    default:
      // Unknown to us is not proof of a mistake of ours: trying again is harmless, giving up is not.
      return 500;
  }
}

/** Without `Retry-After` the policy tells how long the window is; a day's budget comes back at midnight of the account. */
function policyPauseMs(policyName: string | undefined): number {
  if (policyName === 'DAILY') return 3_600_000;
  if (policyName === 'SECONDLY') return 1_000;
  return 10_000;
}

function describe(status: number, body: HubSpotErrorBody): string {
  const codes = [...new Set((body.errors ?? []).map((error) => error.code).filter(isToken))];
  return [
    `status ${status}`,
    ...[body.category, body.subCategory, body.policyName].filter(isToken),
    ...codes,
    ...(isToken(body.correlationId) ? [`correlation ${body.correlationId}`] : []),
  ].join(', ');
}

function refusedProperties(body: HubSpotErrorBody): string[] {
  const named = [body.context, ...(body.errors ?? []).flatMap((error) => [error.context, { in: error.in }])].flatMap((context) =>
    [context?.['propertyName'], context?.['in'], context?.['property']].flat(),
  );
  return [...new Set([...named, ...namesInMessage(body.message)].filter(isToken))].filter((name) => /^[a-z0-9_]+$/.test(name));
}

/**
 * CRM objects often name the property only inside the message, as JSON:
 * `Property values were not valid: [{"isValid":false,…,"name":"phone"}]`. Only names are taken from it.
 */
function namesInMessage(message: string | undefined): string[] {
  return [...(message ?? '').matchAll(/"name":"([a-z0-9_]+)"/g)].map((match) => match[1] ?? '');
}

/** Short machine words only; free text could quote a person's data. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(value);
}
