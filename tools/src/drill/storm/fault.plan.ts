import { type ServiceName, SERVICES } from '../../start/service.catalogue.js';
import { Random } from '../random.js';

export type ProcessName = 'postgres' | 'nats' | ServiceName;
/** The servers, and each service that keeps something: a new one is stormed without being listed here. */
export const PROCESSES: readonly ProcessName[] = ['postgres', 'nats', ...SERVICES.filter(({ role }) => role !== undefined).map(({ name }) => name)];

export const PROVIDERS = ['hubspot', 'smtp', 'caldav'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

export const PROCESS_FAULTS = ['kill', 'stop'] as const;
/** What happens to NATS's memory: its files gone, its files replaced by older ones, one of its consumers gone. */
export const STORE_FAULTS = ['wipe', 'rollback', 'delete-consumer'] as const;
export const PROVIDER_FAULTS = ['down', 'latency', 'hang', 'cut', 'cut-after', 'duplicate', 'rate-limit', 'status', 'garbage'] as const;
export const FAULT_KINDS = [...PROCESS_FAULTS, ...STORE_FAULTS, ...PROVIDER_FAULTS] as const;

export type StoreFaultKind = (typeof STORE_FAULTS)[number];
export type ProviderFaultKind = (typeof PROVIDER_FAULTS)[number];
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface ConsumerName {
  stream: string;
  durable: string;
}
export const CONSUMERS: readonly ConsumerName[] = SERVICES.flatMap(({ access }) => access?.consumes ?? []);

interface Planned {
  /** Since the storm began. */
  atMs: number;
  /** How long it stays dead, stopped or faulty. */
  durationMs: number;
}

export type Fault = Planned &
  (
    | { kind: 'kill' | 'stop'; target: ProcessName }
    | { kind: 'wipe' | 'rollback'; target: 'nats' }
    | { kind: 'delete-consumer'; target: 'nats'; consumer: ConsumerName }
    | { kind: ProviderFaultKind; target: ProviderName }
  );

export interface PlanOptions {
  seconds: number;
  seed: number;
  without?: readonly FaultKind[];
}

/** How many seconds lie between two faults of one lane, on average. A short storm has room for each kind only because they come faster. */
const RHYTHM = { short: { process: 18, nats: 8, provider: 9 }, long: { process: 18, nats: 11, provider: 24 } } as const;
/** From here on each kind of fault finds its turn at each provider although they are rarer. */
export const LONG_STORM_SECONDS = 400;
const LEAST_GAP_MS = 400;

/**
 * What goes wrong when. Each process and each provider has a lane of its own, in which one fault follows the other;
 * the lanes know nothing of each other, so anything may coincide. The same seed makes the same plan, all of it lies
 * within the storm, and each kind comes up before any comes up too often.
 */
export function planFaults({ seconds, seed, without = [] }: PlanOptions): Fault[] {
  const endMs = seconds * 1_000;
  const wanted = <K extends FaultKind>(kinds: readonly K[]): K[] => kinds.filter((kind) => !without.includes(kind));
  const rhythm = seconds < LONG_STORM_SECONDS ? RHYTHM.short : RHYTHM.long;
  const faults: Fault[] = [];

  for (const target of PROCESSES) {
    if (target === 'nats') continue;
    const random = new Random(seed, target);
    const bag = wanted(['kill', 'kill', 'kill', 'stop']);
    // Both kinds once before the bag is shuffled, or a short storm might do without one.
    const kinds = dealer(random, random.shuffled(wanted(PROCESS_FAULTS)), bag);
    fill(random, { endMs, everyMs: every(rhythm.process, seconds, 3) }, kinds, (planned, kind) => faults.push({ ...planned, kind, target }));
  }

  const nats = new Random(seed, 'nats');
  const once = nats.shuffled(wanted([...PROCESS_FAULTS, ...STORE_FAULTS]));
  const bag = wanted(['kill', 'kill', 'kill', 'kill', 'kill', 'stop', 'stop', ...STORE_FAULTS]);
  fill(nats, { endMs, everyMs: every(rhythm.nats, seconds, 6) }, dealer(nats, once, bag), (planned, kind) => {
    if (kind === 'delete-consumer') faults.push({ ...planned, kind, target: 'nats', consumer: nats.pick(CONSUMERS) });
    else faults.push({ ...planned, kind, target: 'nats' });
  });

  const firsts = dealt(new Random(seed, 'providers').shuffled(wanted(PROVIDER_FAULTS)));
  for (const target of PROVIDERS) {
    const random = new Random(seed, target);
    const kinds = dealer(random, firsts[target], wanted(PROVIDER_FAULTS).filter((kind) => happensAt(target, kind)));
    fill(random, { endMs, everyMs: every(rhythm.provider, seconds, 5) }, kinds, (planned, kind) => faults.push({ ...planned, kind, target }));
  }

  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** A mail server that stores a mail twice by itself is no fault that a sender could do anything about. */
const happensAt = (target: ProviderName, kind: ProviderFaultKind): boolean => !(target === 'smtp' && kind === 'duplicate');

/** Shares the kinds out, so that each comes up early at one of the providers. */
function dealt(kinds: readonly ProviderFaultKind[]): Record<ProviderName, ProviderFaultKind[]> {
  const hands: Record<ProviderName, ProviderFaultKind[]> = { hubspot: [], smtp: [], caldav: [] };
  for (const kind of kinds) {
    const [shortest] = PROVIDERS.filter((target) => happensAt(target, kind)).sort((a, b) => hands[a].length - hands[b].length);
    if (shortest !== undefined) hands[shortest].push(kind);
  }
  return hands;
}

function every(everySeconds: number, stormSeconds: number, atLeast: number): number {
  return Math.min(everySeconds, stormSeconds / atLeast) * 1_000;
}

/** First these, then the bag, shuffled anew each time it is empty. */
function* dealer<K>(random: Random, firsts: readonly K[], bag: readonly K[]): Generator<K> {
  yield* firsts;
  while (bag.length > 0) yield* random.shuffled(bag);
}

/** Puts faults one behind the other until the storm ends. */
function fill<K extends FaultKind>(
  random: Random,
  { endMs, everyMs }: { endMs: number; everyMs: number },
  kinds: Iterable<K>,
  add: (planned: Planned, kind: K) => void,
): void {
  let atMs = Math.round(random.between(0.1, 0.6) * everyMs);
  for (const kind of kinds) {
    const durationMs = Math.round(lengthOf(kind, random) * Math.min(1, everyMs / 9_000));
    if (atMs + durationMs > endMs) return;
    add({ atMs, durationMs }, kind);
    // Long faults take from the gap behind them, so that the rhythm is kept.
    atMs += Math.round(Math.max(durationMs + LEAST_GAP_MS, random.between(0.7, 1.3) * everyMs));
  }
}

function lengthOf(kind: FaultKind, random: Random): number {
  // Mostly restarted at once, as supervisors do; sometimes not.
  if (kind === 'kill' || kind === 'wipe') return random.chance(0.25) ? random.between(2_000, 4_000) : random.between(100, 800);
  if (kind === 'rollback') return random.between(1_500, 4_000);
  if (kind === 'stop') return random.chance(0.2) ? random.between(5_000, 8_000) : random.between(500, 3_000);
  return kind === 'delete-consumer' ? 0 : random.between(1_500, 6_000);
}
