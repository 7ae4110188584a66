import { DELIVERY_MIGRATIONS } from '@posthorn/delivery';
import { INBOX_MIGRATIONS, LEDGER_MIGRATIONS } from '@posthorn/ledger';

/** This service owns nothing beyond its inbox, its deliveries and its outbox. */
export const MIGRATIONS = [...LEDGER_MIGRATIONS, ...INBOX_MIGRATIONS, ...DELIVERY_MIGRATIONS];
