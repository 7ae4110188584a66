import { SERVICES } from '../start/service.catalogue.js';
import type { Measuring } from './benchmark.js';
import type { Figure, Result } from './figure.js';
import { residentMegabytes } from './process.usage.js';
import { askOnce } from './program.js';
import type { Accepted, Steady } from './programs/steady.sender.js';
import { mixedBodies } from './samples.js';

const PER_SECOND = 40;
const REST_MS = 3_000;

/** What each service keeps in memory when all of them have worked for a while. */
export async function measureMemory({ rig, seconds, progress }: Measuring): Promise<Result> {
  const services = SERVICES.map(({ name }) => name);
  await rig.run(services);
  await rig.tap.ask('target', { to: rig.urlOf('sandbox') });
  const nest = rig.bare('bare.nest');
  const bare = { url: `${await nest.ask<string>('url')}/v1/events`, headers: rig.ingress.headers };
  const duration = Math.max(3, Math.round(seconds / 2));
  progress(`${PER_SECOND} events/s for ${duration} s`);
  for (const target of [rig.ingress, bare]) {
    const details: Steady = { ...target, bodies: mixedBodies(), mark: 'memory', perSecond: PER_SECOND, seconds: duration };
    await askOnce<Accepted>('steady.sender', 'send', details);
  }
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const bareSize = residentMegabytes(nest.pid);
  const figures = services.map((name): Figure => ({ what: name, unit: 'MB', better: 'lower', ours: residentMegabytes(rig.pidOf(name)), bare: bareSize }));
  return {
    name: 'memory',
    title: `Resident memory after ${duration * PER_SECOND} events`,
    ours: 'each service, with everything it is made of',
    bare: 'Nest on Fastify with one route that does nothing, after as many requests',
    figures,
  };
}
