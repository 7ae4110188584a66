import { AppointmentRevisions1795305600000 } from './appointment-revisions.migration.js';

/** Its own tables; those of inbox, deliveries and outbox come from the libraries. */
export const MIGRATIONS = [AppointmentRevisions1795305600000];
