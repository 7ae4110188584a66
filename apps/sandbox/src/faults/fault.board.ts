import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { PROVIDERS, type Fault, type ProviderName } from './fault.schema.js';

export interface ProviderState {
  fault?: Fault;
  remainingCalls?: number;
  until?: string;
  calls: number;
  faulted: number;
}

interface Slot {
  fault?: Fault;
  remainingCalls?: number;
  untilMs?: number;
  calls: number;
  faulted: number;
}

interface Call {
  method?: string;
  path?: string;
}

/** Which fault each simulated provider shows at the moment, and how many calls met it. */
@Injectable()
export class FaultBoard {
  private readonly slots = new Map<ProviderName, Slot>(
    PROVIDERS.map((provider) => [provider, { calls: 0, faulted: 0 }]),
  );
  private readonly listeners: ((provider: ProviderName, fault: Fault | undefined) => void)[] = [];

  constructor(private readonly clock: Clock) {}

  set(provider: ProviderName, fault: Fault): void {
    const slot = this.slot(provider);
    slot.fault = fault;
    slot.remainingCalls = fault.calls;
    slot.untilMs = fault.seconds === undefined ? undefined : this.clock.now() + fault.seconds * 1000;
    this.tell(provider);
  }

  clear(provider: ProviderName): void {
    const slot = this.slot(provider);
    slot.fault = undefined;
    slot.remainingCalls = undefined;
    slot.untilMs = undefined;
    this.tell(provider);
  }

  /** Counts one call and returns the fault it must meet, if any. A fault for N calls is used up by N of these. */
  take(provider: ProviderName, call: Call = {}): Fault | undefined {
    const slot = this.slot(provider);
    slot.calls += 1;
    const fault = this.current(provider);
    if (!fault || !meets(fault, call)) return undefined;
    return this.use(provider, slot, fault);
  }

  /** Takes the fault only when `accepts` says so and without counting a call: for a stage inside a conversation. */
  takeWhen(provider: ProviderName, accepts: (fault: Fault) => boolean): Fault | undefined {
    const fault = this.current(provider);
    if (!fault || !accepts(fault)) return undefined;
    return this.use(provider, this.slot(provider), fault);
  }

  countCall(provider: ProviderName): void {
    this.slot(provider).calls += 1;
  }

  current(provider: ProviderName): Fault | undefined {
    const slot = this.slot(provider);
    if (slot.untilMs !== undefined && this.clock.now() >= slot.untilMs) this.clear(provider);
    return slot.fault;
  }

  list(): Record<ProviderName, ProviderState> {
    const entries = PROVIDERS.map((provider) => {
      const fault = this.current(provider);
      const { remainingCalls, untilMs, calls, faulted } = this.slot(provider);
      const until = untilMs === undefined ? undefined : new Date(untilMs).toISOString();
      return [provider, { fault, remainingCalls, until, calls, faulted }] as const;
    });
    return Object.fromEntries(entries) as Record<ProviderName, ProviderState>;
  }

  onChange(listener: (provider: ProviderName, fault: Fault | undefined) => void): void {
    this.listeners.push(listener);
  }

  private use(provider: ProviderName, slot: Slot, fault: Fault): Fault {
    slot.faulted += 1;
    if (slot.remainingCalls !== undefined) {
      slot.remainingCalls -= 1;
      if (slot.remainingCalls <= 0) this.clear(provider);
    }
    return fault;
  }

  private slot(provider: ProviderName): Slot {
    const slot = this.slots.get(provider);
    if (!slot) throw new RangeError(`No simulated provider is called "${provider}".`);
    return slot;
  }

  private tell(provider: ProviderName): void {
    const { fault } = this.slot(provider);
    for (const listener of this.listeners) listener(provider, fault);
  }
}

function meets(fault: Fault, call: Call): boolean {
  if (!('only' in fault) || !fault.only) return true;
  const { method, path } = fault.only;
  if (method && method.toUpperCase() !== call.method?.toUpperCase()) return false;
  return !path || (call.path ?? '').includes(path);
}
