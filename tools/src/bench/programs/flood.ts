import { createHmac } from 'node:crypto';
import autocannon from 'autocannon';
import { answerParent } from './parent.js';

export interface Flood {
  url: string;
  headers: Record<string, string>;
  /** `{{n}}` in it becomes a number that is never sent again. */
  body: string;
  connections: number;
  seconds: number;
  /** The status of what is accepted, 202 unless given. */
  expect?: number;
  /** Each body is signed: HMAC-SHA256 in base64, in this header. */
  sign?: { header: string; secret: string };
}

export interface Flooded {
  accepted: number;
  perSecond: number;
  p50: number;
  p99: number;
}

/** As many requests as so many connections can make. Any other answer makes the figures worthless. */
async function flood({ url, headers, body, connections, seconds, expect = 202, sign }: Flood): Promise<Flooded> {
  const next = body.includes('{{n}}') ? numbered(body, headers, sign) : undefined;
  const result = await autocannon({ url, method: 'POST', headers, body, connections, duration: seconds, ...(next && { requests: [{ setupRequest: next }] }) });
  const accepted = result.statusCodeStats?.[`${expect}`]?.count ?? 0;
  const failed = result.requests.total - accepted + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests were not accepted: ${JSON.stringify(result.statusCodeStats)}.`);
  return { accepted, perSecond: accepted / result.duration, p50: result.latency.p50, p99: result.latency.p99 };
}

function numbered(template: string, headers: Record<string, string>, sign: Flood['sign']): (request: autocannon.Request) => autocannon.Request {
  const parts = template.split('{{n}}');
  // Apart from those of every other turn.
  let n = Math.floor(Math.random() * 1e9) * 1e6;
  return (request) => {
    const body = parts.join(String((n += 1)));
    const signature = sign === undefined ? {} : { [sign.header]: createHmac('sha256', sign.secret).update(body).digest('base64') };
    return { ...request, body, headers: { ...headers, ...signature } };
  };
}

answerParent({ flood });
