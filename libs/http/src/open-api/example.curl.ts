import type { ApiInfo } from './open-api.document.js';
import type { Example } from './operation.js';

interface Asked {
  method: string;
  /** With its parameters in braces. */
  path: string;
  needsKey: boolean;
  variables: ApiInfo['variables'];
}

/** The path of an example, with its question. */
export function addressOf(path: string, { path: values = {}, query = {} }: Example): string {
  const filled = path.replace(/\{(\w+)\}/g, (whole, name: string) => (name === 'path' ? values[name] : encode(values[name])) ?? whole);
  const question = Object.entries(query).map(([name, value]) => `${name}=${encode(value) ?? ''}`);
  return question.length === 0 ? filled : `${filled}?${question.join('&')}`;
}

/** The body of an example as it is sent, and its type. */
export function bodyOf({ body, type = 'application/json' }: Example): { text: string; type: string } | undefined {
  if (body === undefined) return undefined;
  return { text: typeof body === 'string' ? body : JSON.stringify(body), type };
}

/** An example as a command for a shell. */
export function curlOf({ method, path, needsKey, variables }: Asked, example: Example): string {
  const body = bodyOf(example);
  const implied = body === undefined ? 'GET' : 'POST';
  const headers = {
    ...(needsKey ? { Authorization: `Bearer $${variables.key}` } : {}),
    ...(body === undefined ? {} : { 'Content-Type': body.type }),
    ...example.headers,
  };
  const lines = [
    `curl${method === implied ? '' : ` -X ${method}`} "$${variables.address}${addressOf(path, example)}"`,
    ...Object.entries(headers).map(([name, value]) => `-H "${name}: ${value.replaceAll('"', '\\"')}"`),
    ...(body === undefined ? [] : [`-d '${body.text.replaceAll("'", String.raw`'\''`)}'`]),
  ];
  return lines.join(' \\\n  ');
}

const encode = (text: string | undefined): string | undefined => (text === undefined ? undefined : encodeURIComponent(text).replaceAll('%3A', ':').replaceAll('%2C', ','));
