import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { SITE_ID } from '@posthorn/contracts';
import { Caller, Problem, RequireKey, RequireScope } from '@posthorn/http';
import { z } from 'zod';
import { PeopleFinder } from '../people/people.finder.js';
import { AccessLog } from './access.log.js';
import { AsAuditor, Auditor, SEES_PERSONAL_DATA } from './auditor.js';
import { badQuestion } from './bad.question.js';

const search = z.strictObject({
  site: z.string('must be given').regex(SITE_ID, 'must be a site id'),
  email: z.email('must be an e-mail address').max(254),
});

/** Who is looked for; a Problem (400) that names every mistake. */
export function searchOf(body: unknown): z.infer<typeof search> {
  const parsed = search.safeParse(body);
  if (!parsed.success) throw badQuestion(parsed.error.issues, Object.keys(search.shape));
  return parsed.data;
}

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
