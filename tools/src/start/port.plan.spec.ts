import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { anyPorts, portsFrom, requireFree } from './port.plan.js';

describe('portsFrom', () => {
  it('gives each its own port from the base on', () => {
    const plan = portsFrom(5000);
    expect(plan.ingress).toBe(5000);
    const ports = Object.values(plan).sort((a, b) => a - b);
    expect(ports).toEqual(ports.map((_, index) => 5000 + index));
  });
});

describe('requireFree', () => {
  it('is content with free ports', async () => {
    const plan = await anyPorts();
    await expect(requireFree(plan, ['ingress', 'nats'])).resolves.toBeUndefined();
  });

  it('names the port, what it was for, and the way out', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const plan = { ...(await anyPorts()), audit: port };
    await expect(requireFree(plan, ['ingress', 'audit'])).rejects.toThrow(new RegExp(`Port ${port} \\(audit\\) is in use[^]*--port-base \\d+`));
    server.close();
  });
});
