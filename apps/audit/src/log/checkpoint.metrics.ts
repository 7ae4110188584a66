import { Injectable } from '@nestjs/common';
import { type Gauge, Metrics } from '@posthorn/observability';
import { CheckpointShelf } from './checkpoint.shelf.js';
import { LogTiles } from './log.tiles.js';
import { StoreKeeper } from './store.keeper.js';
import { Witnesses } from './witnesses.js';

/** Read from the tables when somebody looks, so that every replica says the same. */
@Injectable()
export class CheckpointMetrics {
  constructor(metrics: Metrics, shelf: CheckpointShelf, log: LogTiles, store: StoreKeeper, witnesses: Witnesses) {
    metrics.gauge('audit_unsigned_entries', 'Entries since the last checkpoint', [], (gauge) => show(gauge, async () => (await log.size()) - ((await shelf.newest())?.size ?? 0)));
    metrics.gauge('audit_checkpoint_timestamp_seconds', 'When the log was last signed', [], (gauge) => show(gauge, async () => ((await shelf.newest())?.signedAt.getTime() ?? 0) / 1_000));
    metrics.gauge('audit_unstored_checkpoints', 'Checkpoints that are not in the store outside yet', [], (gauge) => show(gauge, () => store.backlog()));
    metrics.gauge('audit_witnessed_entries', 'How large the log was when a witness last cosigned it', ['witness'], async (gauge) => {
      for (const witness of witnesses.names) await show(gauge, () => shelf.witnessed(witness), { witness });
    });
  }
}

async function show<L extends string>(gauge: Gauge<L>, figure: () => Promise<number>, labels: Partial<Record<L, string>> = {}): Promise<void> {
  try {
    gauge.set(labels, await figure());
  } catch {
    // Postgres is away, which /ready and the log say; the last figures stay.
  }
}
