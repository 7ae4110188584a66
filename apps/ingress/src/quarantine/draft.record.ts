import { canonicalAddress, TYPE_NAME } from '@posthorn/contracts';
import { peopleOf, personDigest } from '@posthorn/ledger';
import type { Draft } from '../admission/draft.js';
import type { Aside } from './set-aside.js';

/** What is kept of a draft. Its idempotency key stands beside it, and its content only as a digest. */
export type KeptDraft = Omit<Draft, 'once'>;

/** Within a longer text; what is an address as a whole may be stranger. */
const ADDRESSES = /[^\s@<>()[\]",;:\\/=?&]{1,64}@[\p{L}\p{N}.-]{1,190}\.[\p{L}\p{N}-]{2,63}/gu;
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const LONGEST_ADDRESS = 254;
/** More are in none that a person has written. */
const MOST_ADDRESSES = 200;
const LONGEST_TYPE = 100;

export function keptDraftOf({ draft, event }: Aside): KeptDraft {
  const { channel, site, caller, envelope, issues, raw } = draft;
  return { channel, site, caller, envelope: event === undefined ? envelope : { ...event }, issues, ...(raw === undefined ? {} : { raw }) };
}

/** The type, where it looks like one: nothing else that was sent is shown unmasked. */
export function typeOf({ envelope: { type } }: Pick<Draft, 'envelope'>): string | undefined {
  return typeof type === 'string' && type.length <= LONGEST_TYPE && TYPE_NAME.test(type) ? type : undefined;
}

/** Whom a draft may be about: every address that stands anywhere in it, since nobody knows what its fields are; undefined where there are too many to note. */
export function peopleInDraft({ site, envelope, raw }: KeptDraft): string[] | undefined {
  const found = new Set<string>();
  collect([envelope, raw], found);
  if (found.size > MOST_ADDRESSES) return undefined;
  return [...new Set([...found].map((address) => personDigest(site, address)))];
}

/** Of a held event also whom the ledger would find it by. */
export function peopleInAside(aside: Aside): string[] | undefined {
  const people = peopleInDraft(keptDraftOf(aside));
  if (aside.event === undefined) return people;
  return [...new Set([...(people ?? []), ...peopleOf(aside.event)])];
}

function collect(value: unknown, found: Set<string>): void {
  if (found.size > MOST_ADDRESSES) return;
  if (typeof value === 'string') collectFrom(value, found);
  else if (Array.isArray(value)) for (const each of value) collect(each, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      collect(name, found);
      collect(each, found);
    }
  }
}

function collectFrom(text: string, found: Set<string>): void {
  if (!text.includes('@')) return;
  const whole = canonicalAddress(text);
  if (whole.length <= LONGEST_ADDRESS && ADDRESS.test(whole)) found.add(whole);
  for (const [address] of text.matchAll(ADDRESSES)) {
    if (found.size > MOST_ADDRESSES) return;
    found.add(canonicalAddress(address));
  }
}
