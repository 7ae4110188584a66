import { Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import { KeyVault } from './key.vault.js';

/** Finds somebody by their address, as long as they have not been erased. */
@Injectable()
export class PeopleFinder {
  constructor(
    private readonly database: Database,
    private readonly vault: KeyVault,
  ) {}

  async find(site: string, address: string): Promise<{ pseudonym: string; since: Date } | undefined> {
    const [found] = await this.database.query<{ pseudonym: string; since: Date }>(
      'SELECT person.pseudonym, person.since FROM person_addresses known JOIN people person USING (pseudonym) WHERE known.lookup = $1',
      [this.vault.lookupOf(site, address)],
    );
    return found;
  }
}
