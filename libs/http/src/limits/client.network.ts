import { isIPv4, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d+$/;

/** Whom an address stands for: itself, or in IPv6 its /64, of which everybody has all addresses. */
export function networkOf(address: string): string {
  const v4 = MAPPED.exec(address)?.[1] ?? WITH_PORT.exec(address)?.[1] ?? address;
  if (isIPv4(v4) || !isIPv6(address)) return v4;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return `${[...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':')}::/64`;
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}
