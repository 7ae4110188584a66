import { createServer } from 'node:net';
import { freePort } from '@posthorn/testing';
import { SERVICES, type ServiceName } from './service.catalogue.js';
import { StartError } from './start.error.js';

const OTHERS = { smtp: 6, postgres: 7, nats: 8, 'nats-monitor': 9 } as const;

export type PortName = ServiceName | keyof typeof OTHERS;
export type PortPlan = Record<PortName, number>;

/** What listens where, counted from the port base. The website is a part of the sandbox. */
export const PORT_OFFSETS = { ...Object.fromEntries(SERVICES.map(({ name, port }) => [name, port])), ...OTHERS } as PortPlan;

export function portsFrom(base: number): PortPlan {
  return mapPorts((name) => base + PORT_OFFSETS[name]);
}

/** Ports that the operating system says are free, for tests. */
export async function anyPorts(): Promise<PortPlan> {
  const taken = new Set<number>();
  while (taken.size < Object.keys(PORT_OFFSETS).length) taken.add(await freePort());
  const ports = [...taken];
  return mapPorts((name) => ports[PORT_OFFSETS[name]] ?? 0);
}

/** Throws a StartError that names the ports which somebody else listens on. */
export async function requireFree(plan: PortPlan, names: readonly PortName[]): Promise<void> {
  const busy: string[] = [];
  for (const name of names) if (!(await isFree(plan[name]))) busy.push(`${plan[name]} (${name})`);
  if (busy.length === 0) return;
  const [noun, verb] = busy.length === 1 ? ['Port', 'is'] : ['Ports', 'are'];
  throw new StartError(
    'PORT_BUSY',
    `${noun} ${busy.join(', ')} ${verb} in use by another program.\nStop it, or move all ports: npm start -- --port-base ${suggestion(plan)}`,
  );
}

function suggestion(plan: PortPlan): number {
  const base = plan.ingress + 100;
  return base > 65_000 ? 4700 : base;
}

function mapPorts(port: (name: PortName) => number): PortPlan {
  const names = Object.keys(PORT_OFFSETS) as PortName[];
  return Object.fromEntries(names.map((name) => [name, port(name)])) as PortPlan;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
