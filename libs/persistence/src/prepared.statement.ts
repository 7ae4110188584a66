import { hash } from 'node:crypto';

/** SQL that Postgres parses, and as a rule plans, once per connection and not once per use. */
export interface PreparedStatement {
  /** Stands for the text, on the connection and in pg_prepared_statements. */
  readonly name: string;
  readonly text: string;
}

/**
 * For statements that run all the time: parsing and planning cost more than running them. Each stays on every
 * connection for good, so never for a text that is put together at run time.
 */
export function prepared(text: string): PreparedStatement {
  return { name: `posthorn_${hash('sha256', text, 'hex').slice(0, 16)}`, text };
}
