import { Database } from '@posthorn/persistence';
import { SERVICE } from '../../config.js';
import { CheckpointConflictError } from '../checkpoint.conflict.js';
import type { CheckpointStore } from '../checkpoint.store.js';

/** A table `checkpoints` of another Postgres, where our role may add and read, and nothing else. */
export class DatabaseStore implements CheckpointStore {
  readonly name: string;
  private readonly database: Database;

  constructor(
    { url, password }: { url: string; password?: string },
    private readonly origin: string,
  ) {
    const { host, pathname } = new URL(url);
    this.name = `the database ${host}${pathname}`;
    this.database = new Database({ url, password, schema: 'public', service: SERVICE, poolSize: 1 });
    this.database.start();
  }

  async newest(): Promise<string | undefined> {
    const [row] = await this.database.query<{ note: string }>('SELECT note FROM checkpoints WHERE origin = $1 ORDER BY size DESC LIMIT 1', [this.origin]);
    return row?.note;
  }

  async keep(size: number, note: string): Promise<void> {
    await this.database.query('INSERT INTO checkpoints (origin, size, note) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [this.origin, size, note]);
    const [row] = await this.database.query<{ note: string }>('SELECT note FROM checkpoints WHERE origin = $1 AND size = $2', [this.origin, size]);
    if (row?.note !== note) throw new CheckpointConflictError(size, this.name);
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
