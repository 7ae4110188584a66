import { OPERATOR_KEY, type TestIngress } from '../ingress.test-kit.js';

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

export const PAGE = 'https://www.acme.example';

export async function answerOf(response: Promise<Response>): Promise<Answer> {
  const got = await response;
  const text = await got.text();
  const { status, headers } = got;
  return { status, headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** An order about keys, by an operator unless told otherwise. */
export function order(ingress: TestIngress, method: string, path: string, body?: unknown, key = OPERATOR_KEY): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  return answerOf(fetch(ingress.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) }));
}

/** Makes a key and answers its secret. */
export async function makeKey(ingress: TestIngress, key: Record<string, unknown>): Promise<string> {
  const { status, body } = await order(ingress, 'POST', '/v1/keys', key);
  if (status !== 201) throw new Error(`The key was not made: ${JSON.stringify(body)}`);
  return String(body['secret']);
}
