import type { Fault } from './fault.plan.js';

/** What really happened, by the clock on the wall. */
export interface Incident {
  lane: string;
  kind: Fault['kind'] | 'death';
  from: number;
  to: number;
  note?: string;
}

/** Everything that went wrong and when. */
export class StormLog {
  readonly incidents: Incident[] = [];
  private readonly current = new Map<Incident, string>();

  /** Notes the beginning; the answer notes the end. */
  begin(lane: string, kind: Incident['kind'], note?: string): () => void {
    const incident: Incident = { lane, kind, from: Date.now(), to: Number.NaN, ...(note === undefined ? {} : { note }) };
    this.incidents.push(incident);
    this.current.set(incident, `${lane} ${kind}`);
    return () => {
      incident.to = Date.now();
      this.current.delete(incident);
    };
  }

  /** What is broken at the moment. */
  get now(): string[] {
    return [...this.current.values()];
  }
}
