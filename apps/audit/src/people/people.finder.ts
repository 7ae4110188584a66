import { Injectable } from '@nestjs/common';
import { Database } from '@posthorn/persistence';
import type { Auditor } from '../questions/auditor.js';
import { KeyVault } from './key.vault.js';

/** Finds somebody by their address for those who may see it, as long as they have not been erased. */
@Injectable()
export class PeopleFinder {
  constructor(
    private readonly database: Database,
    private readonly vault: KeyVault,
  ) {}

  async find(auditor: Auditor, site: string, address: string): Promise<{ pseudonym: string; since: Date } | undefined> {
    auditor.mustSeePersonalDataOf(site);
    const [found] = await this.database.query<{ pseudonym: string; since: Date }>(
      'SELECT person.pseudonym, person.since FROM person_addresses known JOIN people person USING (pseudonym) WHERE known.lookup = $1',
      [this.vault.lookupOf(site, address)],
    );
    return found;
  }
}
