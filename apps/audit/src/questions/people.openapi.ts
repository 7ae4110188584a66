import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import type { FoundPerson } from './people.controller.js';
import { personSearch } from './people.search.js';

const found = z.object({ person: z.string().describe('The pseudonym, for GET /v1/entries?person=.'), site: z.string(), since: z.iso.datetime().describe('When the log first heard of them.') }) satisfies z.ZodType<FoundPerson>;

/** Of whoever names somebody by address. */
export const PERSON_PROBLEMS = { 400: ['query-invalid'], 403: ['personal-data-not-granted', 'site-not-granted'], 404: ['person-unknown'] };

export const SEARCH_PEOPLE: Operation = {
  tag: 'People',
  summary: 'Finds a person by site and e-mail address',
  about: 'Needs a key with "personalData" at that site. The address goes in the body, because proxies write URLs down.',
  body: { 'application/json': personSearch },
  answers: { 200: { about: 'Somebody the log knows.', content: { 'application/json': found } } },
  problems: PERSON_PROBLEMS,
  examples: [
    { title: 'Somebody who has sent a form', body: { site: 'acme', email: 'ada@example.com' }, status: 200, answer: { person: '7b0fdd4e-6f7c-4f0e-9d5e-0a3c1f6f2f0e', site: 'acme', since: '2026-11-22T16:23:20.788Z' } },
    { title: 'Somebody nobody has heard of', body: { site: 'acme', email: 'nobody@example.com' }, status: 404 },
    { title: 'What is no address', body: { site: 'acme', email: 'ada' }, status: 400 },
  ],
};
