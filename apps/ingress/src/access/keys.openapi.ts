import { KEY_KINDS, type Operation } from '@posthorn/http';
import { z } from 'zod';
import { newKey } from './key.rights.js';
import { keyRotation, keySelection } from './keys.query.js';
import type { KeyView } from './key.view.js';

const TAG = 'Keys';
const time = z.iso.datetime();
const texts = z.array(z.string());
const id = z.string();

const view = z.object({
  id,
  kind: z.enum(KEY_KINDS),
  state: z.enum(['active', 'rotating', 'expired', 'revoked', 'declared']).describe('"rotating": an earlier secret counts beside the new one; "declared": it stands in posthorn.yaml.'),
  site: z.string().optional(),
  scopes: texts,
  types: texts.optional(),
  origins: texts.optional(),
  sites: texts.optional(),
  personalData: z.boolean().optional(),
  export: z.boolean().optional(),
  createdAt: time.optional(),
  createdBy: z.string().optional(),
  expiresAt: time.optional(),
  revokedAt: time.optional(),
  lastUsedAt: time.optional(),
  earlier: z.object({ until: time, lastUsedAt: time.optional() }).optional(),
}) satisfies z.ZodType<KeyView>;

const path = { id: { about: 'The id of the key.', schema: { type: 'string' } } };
const gone = { 404: ['key-not-found'], 409: ['key-declared', 'key-ended'] };

export const CREATE_KEY: Operation = {
  tag: TAG,
  summary: 'Makes a key',
  about: 'The secret is in the answer and nowhere else, ever.',
  body: { 'application/json': newKey },
  answers: { 201: { about: 'The key, which counts from now on.', content: { 'application/json': z.object({ id, kind: z.enum(KEY_KINDS), secret: z.string() }) } } },
  problems: { 409: ['key-exists'], 422: ['validation-failed'] },
  examples: [
    { title: "For a site's server", body: { id: 'acme-shop', kind: 'secret', site: 'acme', scopes: ['events:write'] }, status: 201, answer: { id: 'acme-shop', kind: 'secret', secret: 'ph_secret_…' } },
    { title: "For a site's pages", body: { id: 'acme-pages', kind: 'browser', site: 'acme', types: ['lead.submitted'], origins: ['https://www.acme.example'] }, status: 201 },
    { title: 'For a site that there is not', body: { id: 'lost', kind: 'secret', site: 'nowhere' }, status: 422 },
  ],
};

export const LIST_KEYS: Operation = {
  tag: TAG,
  summary: 'All keys',
  query: keySelection,
  answers: { 200: { about: 'A page of keys; those of posthorn.yaml stand on the first.', content: { 'application/json': z.object({ keys: z.array(view), next: z.string().nullable() }) } } },
  problems: { 422: ['validation-failed'] },
  examples: [{ title: 'Of a site', query: { site: 'acme' }, status: 200 }],
};

export const ROTATE_KEY: Operation = {
  tag: TAG,
  summary: 'Exchanges the secret of a key',
  about: 'The earlier one counts for "overlapHours" yet.',
  path,
  body: { 'application/json': keyRotation },
  bodyOptional: true,
  answers: { 200: { about: 'The new secret.', content: { 'application/json': z.object({ id, secret: z.string(), earlierUntil: time }) } } },
  problems: { ...gone, 422: ['validation-failed'] },
  examples: [{ title: 'Within a day', path: { id: 'acme-shop' }, body: { overlapHours: 24 }, status: 200 }],
};

export const REVOKE_KEY: Operation = {
  tag: TAG,
  summary: 'Revokes a key',
  about: 'Within seconds, everywhere. To repeat it does no harm.',
  path,
  answers: { 200: { about: 'It counts no more.', content: { 'application/json': z.object({ id, state: z.literal('revoked') }) } } },
  problems: { 404: ['key-not-found'], 409: ['key-declared'] },
  examples: [{ title: 'That was lost', path: { id: 'acme-pages' }, status: 200 }, { title: 'That there is not', path: { id: 'nobody' }, status: 404 }],
};
