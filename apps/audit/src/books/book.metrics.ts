import { Injectable } from '@nestjs/common';
import { type Gauge, Metrics } from '@posthorn/observability';
import { Database } from '@posthorn/persistence';

const FIGURES = {
  missing: "SELECT s.service, coalesce(sum(b.missing), 0)::float8 AS figure FROM book_services s LEFT JOIN books b ON b.service = s.service AND b.missing <> 0 GROUP BY s.service",
  differing: 'SELECT s.service, count(b.service)::float8 AS figure FROM book_services s LEFT JOIN books b ON b.service = s.service AND b.differs GROUP BY s.service',
  asOf: 'SELECT service, extract(epoch FROM as_of)::float8 AS figure FROM book_services',
} as const;

/** Read from the tables when somebody looks, so that every replica says the same. */
@Injectable()
export class BookMetrics {
  constructor(
    private readonly database: Database,
    metrics: Metrics,
  ) {
    metrics.gauge('books_missing_events', 'Accepted events that a service does not have; on a busy day some are on their way', ['service'], (gauge) => this.show(gauge, FIGURES.missing));
    metrics.gauge('books_differing', 'Days of a site on which a service lacks events for longer than the reconciler needs', ['service'], (gauge) => this.show(gauge, FIGURES.differing));
    metrics.gauge('books_as_of_timestamp_seconds', 'When a service last said how its books stand', ['service'], (gauge) => this.show(gauge, FIGURES.asOf));
  }

  private async show(gauge: Gauge<'service'>, figures: string): Promise<void> {
    try {
      for (const { service, figure } of await this.database.query<{ service: string; figure: number }>(figures)) gauge.set({ service }, figure);
    } catch {
      // Postgres is away, which /ready and the log say; the last figures stay.
    }
  }
}
