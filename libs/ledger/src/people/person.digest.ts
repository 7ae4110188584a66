import { hash } from 'node:crypto';
import { addressesIn, canonicalAddress, type Envelope } from '@posthorn/contracts';

/** Sixteen bytes tell apart all the people there are, and fit a column of Postgres's own. */
const UUID_DIGITS = 32;

/** By what a ledger finds the events of a person of a site. Not a secret: the address stands in the events themselves. */
export function personDigest(site: string, address: string): string {
  return hash('sha256', `${site}\0${canonicalAddress(address)}`, 'hex').slice(0, UUID_DIGITS);
}

/** Whom an event is about; nobody, where it names nobody or has been erased. */
export function peopleOf(event: Pick<Envelope<unknown>, 'site' | 'type' | 'data'>): string[] {
  return [...new Set(addressesIn(event).map((address) => personDigest(event.site, address)))];
}
