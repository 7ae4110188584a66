import type { Operation } from '@posthorn/http';
import { z } from 'zod';
import { ADMISSION_PROBLEMS } from '../accepting/events.openapi.js';
import type { FormToken } from './forms.service.js';

const TAG = 'Forms';
const FORM = { form: 'acme.callback' };
const path = { form: { about: '<site>.<form>, as declared.', schema: { type: 'string' } } };
const headers = {
  accept: { about: 'application/json for an answer in JSON; otherwise whoever sends it is shown pages.', schema: { type: 'string' } },
  origin: { about: 'Where it is sent, it must be one of the form.', schema: { type: 'string' } },
};
const fields = { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }, maxProperties: 500 };
const accepted = z.object({
  id: z.uuid(),
  acceptedAt: z.iso.datetime(),
  thanks: z.string().optional().describe('Where the form leads, if it does.'),
  visitor: z.object({ title: z.string(), body: z.string() }).describe('What to tell whoever has sent it, in their language.'),
});
const unknown = { 404: ['form-unknown'] };

export const SUBMIT_FORM: Operation = {
  tag: TAG,
  summary: 'Takes an HTML form',
  about: 'No script, and no key in the page. The same fields from the same browser within ten seconds are one event. Fields whose names begin with an underscore are for Posthorn.',
  path,
  headers,
  body: { 'application/x-www-form-urlencoded': fields, 'multipart/form-data': fields },
  answers: {
    202: { about: 'It is committed.', content: { 'application/json': accepted } },
    303: { about: 'It is committed; a browser is led on.', headers: { location: 'The page with thanks.' } },
  },
  problems: { ...ADMISSION_PROBLEMS, ...unknown, 400: ['form-not-unicode', 'malformed-form'], 403: ['origin-not-allowed'], 413: ['form-too-large'], 422: [...ADMISSION_PROBLEMS[422], 'files-not-taken'] },
  pages: true,
  examples: [
    { title: 'For a script', path: FORM, headers: { Accept: 'application/json' }, type: 'application/x-www-form-urlencoded', body: 'email=ada%40example.com&message=Do+you+teach+evening+classes%3F', status: 202, answer: { id: '01a20411-bb52-7584-acea-c9154f74b8bc', acceptedAt: '2026-11-22T16:23:20.658Z', visitor: { title: 'Thank you!', body: '…' } } },
    { title: 'As a browser sends it', path: FORM, type: 'application/x-www-form-urlencoded', body: 'email=grace%40example.com', status: 303 },
    { title: 'With a mistake', path: FORM, headers: { Accept: 'application/json' }, type: 'application/x-www-form-urlencoded', body: 'email=ada', status: 422 },
    { title: 'To a form that there is not', path: { form: 'acme.nothing' }, headers: { Accept: 'application/json' }, type: 'application/x-www-form-urlencoded', body: 'email=ada%40example.com', status: 404 },
  ],
};

export const SHOW_THANKS: Operation = {
  tag: TAG,
  summary: 'Thanks whoever sent a form',
  path,
  headers: { accept: headers.accept },
  answers: { 200: { about: 'A page of ours.', content: { 'text/html': { type: 'string' } } } },
  problems: unknown,
  pages: true,
  examples: [{ title: 'Of a form', path: FORM, status: 200 }],
};

export const SHOW_TOKEN: Operation = {
  tag: TAG,
  summary: 'Tells when a form was opened',
  about: 'For the hidden field "_token": it tells for how long the form was being filled in.',
  path,
  answers: { 200: { about: 'A token of now.', content: { 'application/json': z.object({ token: z.string(), challenge: z.boolean().describe('Whether a solved challenge is asked for.') }) satisfies z.ZodType<FormToken> } } },
  problems: unknown,
  examples: [{ title: 'Of a form', path: FORM, status: 200 }],
};

export const SHOW_CHALLENGE: Operation = {
  tag: TAG,
  summary: 'Work for a browser',
  about: "As ALTCHA's widget takes it.",
  path,
  answers: { 200: { about: 'A challenge.', content: { 'application/json': { type: 'object', required: ['parameters', 'signature'] } } } },
  problems: unknown,
  examples: [{ title: 'Of a form', path: FORM, status: 200 }],
};

export const ASK_BEFORE_FORM: Operation = {
  tag: TAG,
  summary: 'What browsers ask before a script sends more than a form could',
  path,
  answers: { 204: { about: 'By its headers: whether it may.', headers: { 'access-control-allow-origin': 'Only to origins of the form.' } } },
  problems: unknown,
  examples: [{ title: 'From a page of the form', path: FORM, headers: { Origin: 'https://acme.example' }, status: 204 }],
};
