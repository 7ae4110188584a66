import { LEDGER_MIGRATIONS } from '@posthorn/ledger';
import { CountAccepted1797000000010 } from './1797000000010-count-accepted.js';

/** The ingress owns a ledger, and the count of what is in it. */
export const MIGRATIONS = [...LEDGER_MIGRATIONS, CountAccepted1797000000010];
