/** What breaks programs that read JSON. */
export const HOSTILE_JSON: readonly (() => unknown)[] = [
  () => null, () => true, () => -1, () => 0, () => 1e308, () => 9_007_199_254_740_993, () => -0, () => '', () => ' ', () => [], () => ({}), () => [[[[]]]],
  () => 'x'.repeat(10_000), () => 'x'.repeat(270_000), () => '\u0000', () => 'a\u0000b', () => '\ud800', () => '\u202e\u2066evil', () => '𝕏'.repeat(300), () => 'é'.repeat(256),
  () => '{{7*7}}', () => "' OR 1=1 --", () => '../../etc/passwd', () => '<script>alert(1)</script>', () => 'a\r\nb: c', () => '%00%0a', () => '${env:HOME}', () => '1e400',
  () => nested(33), () => nested(500), () => Array.from({ length: 2_000 }, () => 1), () => ({ constructor: 1 }), () => JSON.parse('{"__proto__":{"a":1}}') as unknown,
  () => Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`k${at}`, at])), () => '9999-99-99T99:99:99Z', () => '0000-01-01T00:00:00Z', () => '+292278994-08-17T07:12:55Z',
  () => '00000000-0000-0000-0000-000000000000', () => '01A20411-BB52-7584-ACEA-C9154F74B8BC', () => 'toString', () => 'hasOwnProperty', () => '__proto__',
];

export const HOSTILE_TEXT: readonly string[] = [
  '', ' ', '%00', '%0a', '%F0%28%8C%28', '%', '%zz', '..%2f..%2fetc', '__proto__', 'constructor', 'null', '-1', '0', '1e9', '99999999999999999999', 'x'.repeat(120), 'x'.repeat(5_000),
  '%E2%80%AE', '%F0%9D%95%8F', "'%20OR%201=1", '%3Cscript%3E', '*', '01A20411-BB52-7584-ACEA-C9154F74B8BC', '00000000-0000-0000-0000-000000000000', 'a%2Fb', 'true', '[]', '%5B%5D=1', 'toString',
  '2026-13-45', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '-271821-04-20T00:00:00Z', '%C3%A9', '%ED%A0%80',
];

export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'get', 'FOO'];

export const CONTENT_TYPES: readonly (string | undefined)[] = [
  undefined, '', 'text/plain', 'application/xml', 'application/json', 'application/json; charset=latin1', 'APPLICATION/JSON;charset="UTF-8"', 'application/json;', '/', 'a/b/c', 'application/cloudevents+json',
  'application/cloudevents-batch+json', 'application/x-www-form-urlencoded', 'multipart/form-data', 'multipart/form-data; boundary=x', 'application/json, text/plain', 'x'.repeat(3_000), 'application/json\u00e9',
];

/** Headers that are looked at, with what they should not have. */
export const HEADERS: readonly [string, string][] = [
  ['Idempotency-Key', ''], ['Idempotency-Key', 'a b'], ['Idempotency-Key', 'k'.repeat(256)], ['Idempotency-Key', 'k'.repeat(252)], ['Idempotency-Key', 'the-same'], ['Idempotency-Key', '\u00e9'],
  ['traceparent', 'garbage'], ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'], ['Accept', 'application/json'], ['Accept', 'text/html'], ['Accept', '*/*;q=0'], ['Accept', 'x'.repeat(4_000)],
  ['Accept-Language', 'de'], ['Accept-Language', ';;;,,,q='], ['Accept-Encoding', 'gzip'], ['Accept-Encoding', 'gzip;q=0, br;q=x'], ['Origin', 'null'], ['Origin', 'https://evil.example'], ['Origin', 'not an origin'],
  ['Referer', 'https://evil.example/x'], ['Referer', '::::'], ['Content-Encoding', 'gzip'], ['Content-Encoding', 'identity'], ['Expect', '100-continue'], ['Expect', 'the-unexpected'], ['Cookie', 'c'.repeat(9_000)],
  ['Cookie', 'c'.repeat(20_000)], ['X-HTTP-Method-Override', 'DELETE'], ['X-Forwarded-For', '127.0.0.1, ::1'], ['X-Forwarded-For', 'x'.repeat(2_000)], ['Range', 'bytes=0-1'], ['If-None-Match', '*'], ['If-None-Match', '"x", W/"y"'],
  ['Upgrade', 'websocket'], ['Connection', 'Upgrade'], ['Access-Control-Request-Method', 'POST'], ['ce-specversion', '1.0'], ['ce-specversion', '0.3'], ['ce-type', 'lead.submitted'], ['ce-type', '%FF%00'], ['ce-source', '"\\'],
  ['ce-id', ''], ['webhook-id', '1'], ['webhook-timestamp', '-1'], ['webhook-signature', 'v1,x'], ['x-wc-webhook-signature', ''], ['x-wc-webhook-topic', 'order.created'],
];

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}
