import autocannon from 'autocannon';
import { answerParent } from './parent.js';

export interface Flood {
  url: string;
  headers: Record<string, string>;
  body: string;
  connections: number;
  seconds: number;
}

export interface Flooded {
  perSecond: number;
  p50: number;
  p99: number;
}

/** As many requests as so many connections can make. Anything but a 202 makes the figures worthless. */
async function flood({ url, headers, body, connections, seconds }: Flood): Promise<Flooded> {
  const result = await autocannon({ url, method: 'POST', headers, body, connections, duration: seconds });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests were not accepted.`);
  return { perSecond: result['2xx'] / result.duration, p50: result.latency.p50, p99: result.latency.p99 };
}

answerParent({ flood });
