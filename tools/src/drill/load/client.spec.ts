import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, LoadClient } from './client.js';

let server: Server;
let client: LoadClient;
afterEach(() => {
  client.giveUp();
  server.closeAllConnections();
  server.close();
});

async function listen(answer: (accept: () => void, request: IncomingMessage) => void, more: Partial<ClientOptions> = {}): Promise<{ open: () => number; most: () => number }> {
  let [open, most] = [0, 0];
  server = createServer((request, response) => {
    open += 1;
    most = Math.max(most, open);
    answer(() => {
      open -= 1;
      response.writeHead(202).end(JSON.stringify({ id: newId() }));
    }, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new LoadClient({ url: `http://127.0.0.1:${port}`, siteKey: 'key', rate: 2_000, seed: 1, ...more });
  return { open: () => open, most: () => most };
}

describe('the websites of a drill', () => {
  it('knock no more often than they can be heard, and each is heard once the door opens', async () => {
    const held: (() => void)[] = [];
    let opened = false;
    const door = await listen((accept) => (opened ? accept() : held.push(accept)));
    client.start();
    await waitFor(() => client.inFlight > 300 && door.open() === 64, { describe: 'a crowd before the door' });
    client.stop();
    const waiting = client.inFlight;
    expect([door.most(), client.tries]).toEqual([64, 64]);
    opened = true;
    for (const accept of held) accept();
    await waitFor(() => client.inFlight === 0, { describe: 'everybody to be heard' });
    expect(client.accepted.length).toBe(waiting);
    expect(door.most()).toBe(64);
  });

  it('ask again under the same key what is not answered in time, or not to its end', async () => {
    const seen = new Map<string, number>();
    await listen(
      (accept, { headers, socket }) => {
        const [key, told] = [String(headers['idempotency-key']), `${headers['authorization']} ${headers['content-type']} ${headers.host === undefined}`];
        const before = seen.get(`${key} ${told}`) ?? 0;
        seen.set(`${key} ${told}`, before + 1);
        if (before === 1) socket.end('HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n{"id":');
        if (before > 1) accept();
      },
      { rate: 100, patienceMs: 50 },
    );
    client.start();
    await waitFor(() => client.accepted.length > 0, { describe: 'the first to be heard' });
    client.stop();
    await waitFor(() => client.inFlight === 0, { describe: 'everybody to be heard' });
    expect(new Set([...seen.keys()].map((each) => each.split(' ').slice(1).join(' ')))).toEqual(new Set(['Bearer key application/json false']));
    expect(new Set(client.accepted.map(({ key }) => [...seen].filter(([each]) => each.startsWith(key)).every(([, times]) => times >= 3)))).toEqual(new Set([true]));
    expect([client.refused, client.contradictions.length]).toEqual([[], expect.any(Number)]);
  });
});
