import { type ContractIssue } from '@posthorn/contracts';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import { z } from 'zod';
import { boundsBroken } from './schema.bounds.js';

/** Says what is wrong with the fields of an event, by pointers within them, and never with which value. */
export type FieldJudge = (fields: unknown) => ContractIssue[];

const ISSUES_MAX = 50;

const formats = {
  date: (text: string): boolean => z.iso.date().safeParse(text).success,
  'date-time': (text: string): boolean => z.iso.datetime({ offset: true }).safeParse(text).success,
  email: (text: string): boolean => z.email().safeParse(text).success,
  uri: (text: string): boolean => URL.canParse(text),
  uuid: (text: string): boolean => z.guid().safeParse(text).success,
};

// Patterns come from a configuration and texts from strangers: RE2 takes a time that grows with the text, and no more.
const linear = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // Ajv tells patterns apart by their text.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern };
  },
  // For code that is written to a file, which this never is.
  { code: '' },
);

/** Compiles a JSON Schema of a site. Throws Error with what is wrong with it, for whoever wrote it. */
export function judgeOf(schema: unknown): FieldJudge {
  const broken = boundsBroken(schema);
  if (broken !== undefined) throw new Error(broken);
  // One for each schema: an instance keeps what it has compiled, and two sites may use one $id.
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, formats, code: { regExp: linear } });
  const validate = ajv.compile(schema as object);
  return (fields) => (validate(fields) ? [] : (validate.errors ?? []).slice(0, ISSUES_MAX).map(issueOf));
}

function issueOf({ instancePath, keyword, message = 'is not valid', params }: ErrorObject): ContractIssue {
  if (keyword === 'additionalProperties') return { pointer: `${instancePath}/${escaped(params['additionalProperty'])}`, rule: 'unknown_field', message: 'is not a field of this type' };
  if (keyword === 'required') return { pointer: `${instancePath}/${escaped(params['missingProperty'])}`, rule: 'required', message: 'is required' };
  return { pointer: instancePath, rule: keyword, message };
}

const escaped = (name: unknown): string => String(name).replaceAll('~', '~0').replaceAll('/', '~1');
