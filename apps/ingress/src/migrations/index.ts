import { LEDGER_MIGRATIONS, LEDGER_PEOPLE_MIGRATIONS } from '@posthorn/ledger';
import { CountAccepted1797000000010 } from './1797000000010-count-accepted.js';
import { EraseEvents1801000000020 } from './1801000000020-erase-events.js';

/** The ingress owns a ledger, the count of what is in it, and the way to a person's events. */
export const MIGRATIONS = [...LEDGER_MIGRATIONS, CountAccepted1797000000010, ...LEDGER_PEOPLE_MIGRATIONS, EraseEvents1801000000020];
