import type { Server } from 'node:http';
import { BlockList, isIPv6, type Socket } from 'node:net';
import { answerAndClose } from '../client-error.response.js';
import { Problem } from '../problem.error.js';
import { networkOf } from './client.network.js';

export interface ConnectionLimit {
  /** Open at once from one address; in IPv6, from one /64. */
  perAddress: number;
  /** Proxies, whose connections are everybody's. */
  trustedProxies: readonly string[];
}

/** Keeps one address from holding all the sockets: those it has too many of are told so and closed before a byte is read. */
export function limitConnections(server: Server, { perAddress, trustedProxies }: ConnectionLimit): void {
  const open = new Map<string, number>();
  const proxies = listOf(trustedProxies);
  server.on('connection', (socket) => {
    const { remoteAddress: address } = socket;
    if (address === undefined || proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return;
    const network = networkOf(address);
    const before = open.get(network) ?? 0;
    if (before >= perAddress) {
      refuse(socket);
      return;
    }
    open.set(network, before + 1);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
  });
}

function refuse(socket: Socket): void {
  socket.pause();
  answerAndClose(
    socket,
    new Problem({
      status: 503, code: 'too-many-connections', title: 'There are too many open connections from this address',
      detail: 'Close some, or use those there are for more requests.', retryAfterSeconds: 1,
    }),
  );
  // At once, since what lingers is not counted.
  socket.destroySoon();
}

/** The same names as Fastify knows. */
const RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

function listOf(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of addresses.flatMap((name) => RANGES[name] ?? [name])) {
    const [address = '', bits] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
