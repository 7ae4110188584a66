import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFaultProxy, type FaultProxy } from './fault-proxy.js';
import { waitFor } from './wait-for.js';

let echo: Server;
let proxy: FaultProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await createFaultProxy({ target: { port: (echo.address() as AddressInfo).port } });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  echo.close();
});

function dial(): { socket: Socket; received: () => string; closed: () => boolean } {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  let received = '';
  let closed = false;
  socket.on('data', (data) => (received += data.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => (closed = true));
  return { socket, received: () => received, closed: () => closed };
}

describe('createFaultProxy', () => {
  it('passes bytes both ways', async () => {
    const client = dial();
    client.socket.write('hello');
    await waitFor(() => client.received() === 'hello');
  });

  it('cuts what is open and what comes, until restored', async () => {
    const before = dial();
    before.socket.write('a');
    await waitFor(() => before.received() === 'a');
    proxy.cut();
    const during = dial();
    await waitFor(() => before.closed() && during.closed());
    proxy.restore();
    const after = dial();
    after.socket.write('b');
    await waitFor(() => after.received() === 'b');
  });

  it('hangs without closing anything, and goes on where it stopped', async () => {
    const client = dial();
    client.socket.write('a');
    await waitFor(() => client.received() === 'a');
    proxy.hang();
    const late = dial();
    await once(late.socket, 'connect');
    client.socket.write('b');
    late.socket.write('c');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([client.received(), late.received(), client.closed(), late.closed()]).toEqual(['a', '', false, false]);
    proxy.restore();
    await waitFor(() => client.received() === 'ab' && late.received() === 'c');
  });

  it('delays each chunk', async () => {
    proxy.delay(40);
    const client = dial();
    const before = performance.now();
    client.socket.write('slow');
    await waitFor(() => client.received() === 'slow', { everyMs: 2 });
    expect(performance.now() - before).toBeGreaterThanOrEqual(75);
  });
});
