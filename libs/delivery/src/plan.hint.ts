/**
 * SQL that is always true of rows numbered WITH ORDINALITY as `n`, and that Postgres takes for rare. Of a parameter it
 * knows no length and guesses ten: for ten it reads a small table from end to end, and goes on doing so while the table
 * grows, until somebody analyses it. For one it asks the index, whatever the statistics say, and plans once.
 */
export const FEW = (rows: string): string => `${rows}.n BETWEEN 1 AND 1000000`;
