import { Injectable } from '@nestjs/common';
import { type Gauge, Metrics } from '@posthorn/observability';
import { Database } from '@posthorn/persistence';

const OPEN = 'SELECT count(*)::float8 AS figure FROM erasures WHERE certified_at IS NULL';
const OLDEST = 'SELECT extract(epoch FROM min(recorded_at))::float8 AS figure FROM erasures WHERE certified_at IS NULL';

/** Read from the tables when somebody looks, so that every replica says the same. */
@Injectable()
export class ErasureMetrics {
  constructor(
    private readonly database: Database,
    metrics: Metrics,
  ) {
    metrics.gauge('audit_open_erasures', 'Erasures that somebody has not said to be done yet', [], (gauge) => this.show(gauge, OPEN));
    metrics.gauge('audit_oldest_open_erasure_timestamp_seconds', 'When the oldest open erasure was recorded; 0 without any', [], (gauge) => this.show(gauge, OLDEST));
  }

  private async show(gauge: Gauge, figures: string): Promise<void> {
    try {
      const [row] = await this.database.query<{ figure: number | null }>(figures);
      gauge.set(row?.figure ?? 0);
    } catch {
      // Postgres is away, which /ready and the log say; the last figures stay.
    }
  }
}
