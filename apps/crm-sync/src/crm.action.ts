/**
 * Everything that writes a person's own fields is one action, so that two events about one person reach the CRM
 * in the order in which they were accepted, and never create the person twice at the same moment.
 */
export const SYNC_PERSON = 'sync-person';

/** Newsletter lists have fields of their own; they need not wait for an enquiry. */
export const SYNC_SUBSCRIPTION = 'sync-subscription';
