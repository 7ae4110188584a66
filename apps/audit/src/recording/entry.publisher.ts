/** Whose ledger an entry comes from, in the very words of its index: Postgres compares the expressions. */
export const PUBLISHER = "(CASE kind WHEN 'event' THEN 'ingress' ELSE service END)";
