import { CredentialsError, PermanentError, RetryableError } from '@posthorn/resilience';
import { describe, expect, it } from 'vitest';
import { RefusedPropertiesError, translateHubSpotError } from './hubspot.errors.js';

const translate = (status: number, body: Parameters<typeof translateHubSpotError>[1] = {}, headers: Record<string, string> = {}) =>
  translateHubSpotError({ status, headers: new Headers(headers) }, body);

describe("HubSpot's errors", () => {
  it.each([
    [400, PermanentError],
    [401, CredentialsError],
    [403, CredentialsError],
    [404, PermanentError],
    [405, PermanentError],
    [409, RetryableError],
    [413, PermanentError],
    [415, PermanentError],
    [423, RetryableError],
    [429, RetryableError],
    [477, RetryableError],
    [500, RetryableError],
    [502, RetryableError],
    [503, RetryableError],
    [504, RetryableError],
    [524, RetryableError],
    [302, RetryableError],
  ])('status %i is a %o', (status, expected) => {
    expect(translate(status)).toBeInstanceOf(expected);
    expect(translate(status).status).toBe(status);
  });

  it.each([
    [{ 'retry-after': '7' }, 'TEN_SECONDLY_ROLLING', 7_000],
    [{}, 'SECONDLY', 1_000],
    [{}, 'TEN_SECONDLY_ROLLING', 10_000],
    [{}, 'DAILY', 3_600_000],
    [{}, undefined, 10_000],
  ])('a 429 with %j and policy %s waits %i ms', (headers, policyName, expected) => {
    expect(translate(429, { policyName }, headers as Record<string, string>).retryAfterMs).toBe(expected);
  });

  it('keep the wait that a moving account asks for', () => {
    expect(translate(477, {}, { 'retry-after': '86400' }).retryAfterMs).toBe(86_400_000);
  });

  it.each([
    [{ category: 'VALIDATION_ERROR', errors: [{ context: { propertyName: ['phone'] } }] }],
    [{ category: 'VALIDATION_ERROR', errors: [{ in: 'phone' }] }],
    [{ category: 'VALIDATION_ERROR', context: { propertyName: 'phone' } }],
    [{ category: 'VALIDATION_ERROR', message: 'Property values were not valid: [{"isValid":false,"message":"+49","name":"phone"}]' }],
  ])('name the refused property, wherever HubSpot put it: %j', (body) => {
    const error = translate(400, body);
    expect(error).toBeInstanceOf(RefusedPropertiesError);
    expect(error).toMatchObject({ properties: ['phone'] });
  });

  it('never repeat what HubSpot quotes of a person', () => {
    const error = translate(400, {
      category: 'VALIDATION_ERROR',
      message: 'Property values were not valid: [{"message":"Email address jane@example is invalid","name":"email"}]',
      correlationId: 'c033cdaa-2c40-4a64-ae48-b4cec88dad24',
      errors: [{ message: 'Email address jane@example is invalid', code: 'INVALID_EMAIL', context: { propertyName: ['email'], value: ['jane@example'] } }],
    });
    expect(error.message).toBe(
      'HubSpot refused the values of email (status 400, VALIDATION_ERROR, INVALID_EMAIL, correlation c033cdaa-2c40-4a64-ae48-b4cec88dad24)',
    );
    expect(JSON.stringify(error)).not.toContain('jane@');
  });

  it('are understood when nothing but the status is there', () => {
    expect(translate(502).message).toBe('HubSpot could not do it now (status 502)');
  });
});
