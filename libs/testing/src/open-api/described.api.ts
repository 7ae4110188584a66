/** As much of an OpenAPI document as is looked at here. */
export interface DescribedApi {
  info: { title: string };
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas?: Record<string, object>; responses?: Record<string, DescribedResponse> };
  'x-undescribed'?: string[];
}

export interface DescribedOperation {
  operationId: string;
  security: object[];
  'x-scope'?: string;
  parameters: { name: string; in: 'path' | 'query' | 'header'; required: boolean; schema: object }[];
  requestBody?: { required: boolean; content: Record<string, { schema: object }> };
  responses: Record<string, DescribedResponse>;
  'x-examples'?: DescribedExample[];
}

export interface DescribedResponse {
  $ref?: string;
  content?: Record<string, { schema: object }>;
}

export interface DescribedExample {
  title: string;
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  type?: string;
  status: number;
}

/** An operation and where it is: `path` is the pattern, such as /v1/events/{id}. */
export interface Place {
  method: string;
  path: string;
  operation: DescribedOperation;
}

export function placesOf({ paths }: DescribedApi): Place[] {
  return Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })));
}

/** An example as it is sent: the address with its question, the headers, the body. */
export function requestOf({ method, path }: Place, { path: values = {}, query = {}, headers = {}, body, type = 'application/json' }: DescribedExample): { method: string; url: string; headers: Record<string, string>; body?: string } {
  // A star's part of a path has slashes of its own.
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => (name === 'path' ? (values[name] ?? '') : encodeURIComponent(values[name] ?? '')));
  const question = new URLSearchParams(query).toString();
  const sent = { method, url: question === '' ? filled : `${filled}?${question}` };
  if (body === undefined) return { ...sent, headers };
  return { ...sent, headers: { 'content-type': type, ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) };
}
