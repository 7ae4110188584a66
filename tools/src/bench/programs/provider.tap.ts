import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent, now } from './parent.js';

// Stands between a service and the provider, and notes when each person's first request arrived. Hands requests on to
// the sandbox, or answers them at once itself.
const ANSWER = JSON.stringify({ status: 'COMPLETE', results: [{ id: '1', new: true, properties: {} }] });
const agent = new Agent({ keepAlive: true });
const calls = new Map<string, number>();
let target: string | undefined;

const server = createServer((incoming, response) => {
  const arrivedAt = now();
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.once('end', () => {
    const body = Buffer.concat(chunks);
    note(body, arrivedAt);
    if (target === undefined) response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER);
    else handOn(target, incoming, body, response);
  });
});

function note(body: Buffer, at: number): void {
  const who = /"id":"([^"@]+)@/.exec(body.toString('latin1'))?.[1];
  if (who !== undefined && !calls.has(who)) calls.set(who, at);
}

function handOn(to: string, { method, url, headers }: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const outgoing = request(`${to}${url ?? ''}`, { method, agent, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.once('error', () => response.writeHead(502).end()).end(body);
}

server.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

answerParent({
  url: () => url,
  /** Hands on from now, or answers by itself without a target. */
  target: (details: { to?: string }) => {
    target = details.to;
    return true;
  },
  count: () => calls.size,
  take: () => {
    const taken = [...calls];
    calls.clear();
    return taken;
  },
});
