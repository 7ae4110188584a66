import { DELIVERY_MIGRATIONS } from '@posthorn/delivery';
import { INBOX_MIGRATIONS, LEDGER_MIGRATIONS } from '@posthorn/ledger';
import { AppointmentRevisions1795305600000 } from './appointment-revisions.migration.js';

export const MIGRATIONS = [...LEDGER_MIGRATIONS, ...INBOX_MIGRATIONS, ...DELIVERY_MIGRATIONS, AppointmentRevisions1795305600000];
