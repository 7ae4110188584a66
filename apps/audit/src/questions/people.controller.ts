import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Caller, Describe, Problem, RequireKey, RequireScope } from '@posthorn/http';
import { PeopleFinder } from '../people/people.finder.js';
import { AccessLog } from './access.log.js';
import { AsAuditor, Auditor, SEES_PERSONAL_DATA } from './auditor.js';
import { SEARCH_PEOPLE } from './people.openapi.js';
import { searchOf } from './people.search.js';

/** A person as the log knows them. */
export interface FoundPerson {
  /** For `GET /v1/entries?person=`. */
  person: string;
  site: string;
  /** When the log first heard of them. */
  since: string;
}

/** `POST /v1/people/search`: an address does not belong into a URL, where every proxy would write it down. */
@Controller('v1/people')
@RequireKey()
export class PeopleController {
  constructor(
    private readonly people: PeopleFinder,
    private readonly accesses: AccessLog,
  ) {}

  @Post('search')
  @Describe(SEARCH_PEOPLE)
  @HttpCode(200)
  @RequireScope(SEES_PERSONAL_DATA)
  async find(@Body() body: unknown, @Caller(AsAuditor) auditor: Auditor): Promise<FoundPerson> {
    const { site, email } = searchOf(body);
    const found = await this.people.find(auditor, site, email);
    await this.accesses.record({ did: 'person.searched', site, facts: { person: found?.pseudonym ?? null } }, auditor);
    if (found === undefined) throw unknownPerson();
    return { person: found.pseudonym, site, since: found.since.toISOString() };
  }
}

export const unknownPerson = (): Problem =>
  new Problem({
    status: 404,
    code: 'person-unknown',
    title: 'The log knows nobody with this address',
    detail: 'Nothing was recorded about the address at this site, or the person has been erased.',
  });
