/** The type of the events that ask for others to be forgotten. */
export const ERASURE = 'privacy.erasure_requested';

/** Where a service's own part of an erasure is kept, among its deliveries: no connection may have this id. */
export const OWN_TABLES = 'inbox';
/** What is done there. */
export const ERASE = 'erase';

/** What is done at a provider. */
export const ERASE_PERSON = 'erase-person';
