import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { prepared, type Transaction } from '@posthorn/persistence';
import { KeyVault } from './key.vault.js';

/** Somebody whom a site's events are about: known by a random pseudonym, and read with a random key. */
export interface Person {
  pseudonym: string;
  key: Buffer;
}

/** Whom an entry is about: the addresses it names, all of one person. None where it has personal values but no address. */
export interface Addressee {
  site: string;
  addresses: readonly string[];
}

interface KnownRow {
  lookup: Buffer;
  pseudonym: string;
  wrapped_key: Buffer;
  key_id: string;
}

// The lock keeps a person from being erased between this look and the entry that is sealed for them.
const KNOWN = prepared(`
  SELECT known.lookup, person.pseudonym, person.wrapped_key, person.key_id
    FROM person_addresses known JOIN people person USING (pseudonym)
   WHERE known.lookup = ANY($1::bytea[])
     FOR KEY SHARE OF person`);
const ADD_PEOPLE = prepared(`
  INSERT INTO people (pseudonym, site, wrapped_key, key_id)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[])`);
const ADD_ADDRESSES = prepared(`
  INSERT INTO person_addresses (lookup, pseudonym) SELECT * FROM unnest($1::bytea[], $2::uuid[])`);

/** Finds people by their addresses, and makes those nobody has heard of. */
@Injectable()
export class People {
  constructor(private readonly vault: KeyVault) {}

  /** One for each, in order. Only inside the transaction that holds the log's lock: two writers would make two of one. */
  async of(tx: Transaction, addressees: readonly Addressee[]): Promise<Person[]> {
    const lookups = addressees.map(({ site, addresses }) => addresses.map((address) => this.vault.lookupOf(site, address)));
    const known = await this.known(tx, lookups.flat());
    const made: { person: Person; site: string; wrapped: Buffer; keyId: string }[] = [];
    const linked: { lookup: Buffer; pseudonym: string }[] = [];
    const people = addressees.map(({ site }, at) => {
      const own = lookups[at] ?? [];
      let person = own.map((lookup) => known.get(lookup.toString('hex'))).find((one) => one !== undefined);
      if (person === undefined) {
        const pseudonym = randomUUID();
        const { key, wrapped, keyId } = this.vault.create(pseudonym);
        person = { pseudonym, key };
        made.push({ person, site, wrapped, keyId });
      }
      for (const lookup of own) {
        if (known.has(lookup.toString('hex'))) continue;
        known.set(lookup.toString('hex'), person);
        linked.push({ lookup, pseudonym: person.pseudonym });
      }
      return person;
    });
    if (made.length > 0) await tx.query(ADD_PEOPLE, [made.map(({ person }) => person.pseudonym), made.map(({ site }) => site), made.map(({ wrapped }) => wrapped), made.map(({ keyId }) => keyId)]);
    if (linked.length > 0) await tx.query(ADD_ADDRESSES, [linked.map(({ lookup }) => lookup), linked.map(({ pseudonym }) => pseudonym)]);
    return people;
  }

  private async known(tx: Transaction, lookups: readonly Buffer[]): Promise<Map<string, Person>> {
    if (lookups.length === 0) return new Map();
    const rows = await tx.query<KnownRow>(KNOWN, [lookups]);
    return new Map(rows.map((row) => [row.lookup.toString('hex'), { pseudonym: row.pseudonym, key: this.vault.unwrap({ wrapped: row.wrapped_key, keyId: row.key_id }, row.pseudonym) }]));
  }
}
