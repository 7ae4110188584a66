import { LEDGER_MIGRATIONS } from '@posthorn/ledger';

/** The ingress owns nothing but a ledger. */
export const MIGRATIONS = [...LEDGER_MIGRATIONS];
