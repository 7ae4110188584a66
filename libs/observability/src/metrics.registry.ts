import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'posthorn_';
/** Seconds; from a loopback call to a provider that gives up. */
const DEFAULT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * The process's Prometheus metrics. Asking twice for a name returns the same metric, so any number of
 * instances of a class may ask for theirs. Labels must come from bounded sets: never an id, never a person.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  /** Adds Node's own figures: memory, event loop delay, garbage collection. */
  collectProcessMetrics(): void {
    if (this.registry.getSingleMetric('process_cpu_seconds_total') === undefined) {
      collectDefaultMetrics({ register: this.registry });
    }
  }

  counter<L extends string = string>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
    const known = this.known(name, Counter);
    return known ?? new Counter<L>({ ...this.definition(name, help, labels) });
  }

  /** `collect` runs when somebody looks, which is cheaper than setting the gauge at each change. */
  gauge<L extends string = string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L> {
    const known = this.known(name, Gauge);
    if (known !== undefined) return known;
    const gauge: Gauge<L> = new Gauge<L>({
      ...this.definition(name, help, labels),
      ...(collect === undefined ? {} : { collect: () => collect(gauge) }),
    });
    return gauge;
  }

  /** Buckets are in the metric's own unit, seconds by default. */
  histogram<L extends string = string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    buckets: number[] = DEFAULT_BUCKETS,
  ): Histogram<L> {
    const known = this.known(name, Histogram);
    return known ?? new Histogram<L>({ ...this.definition(name, help, labels), buckets });
  }

  private definition<L extends string>(name: string, help: string, labels: readonly L[]) {
    return { name: fullName(name), help, labelNames: [...labels], registers: [this.registry] };
  }

  private known<M>(name: string, kind: abstract new (...args: never[]) => M): M | undefined {
    const metric = this.registry.getSingleMetric(fullName(name));
    if (metric === undefined) return undefined;
    if (metric instanceof kind) return metric;
    throw new TypeError(`Metric ${fullName(name)} already exists as another kind; choose another name.`);
  }
}

function fullName(name: string): string {
  return name.startsWith(PREFIX) ? name : PREFIX + name;
}
