import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { LoadClient } from './client.js';

let server: Server;
let client: LoadClient;
afterEach(() => {
  client.giveUp();
  server.closeAllConnections();
  server.close();
});

async function listen(answer: (accept: () => void) => void): Promise<{ open: () => number; most: () => number }> {
  let [open, most] = [0, 0];
  server = createServer((_request, response) => {
    open += 1;
    most = Math.max(most, open);
    answer(() => {
      open -= 1;
      response.writeHead(202).end(JSON.stringify({ id: newId() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new LoadClient({ url: `http://127.0.0.1:${port}`, siteKey: 'key', rate: 2_000, seed: 1 });
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
});
