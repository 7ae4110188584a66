import type { z } from 'zod';
import { pointerOf } from './json-pointer.js';

/** One mistake in a value, addressed the way RFC 6901 does. */
export interface ContractIssue {
  pointer: string;
  rule: string;
  message: string;
}

/** A value breaks the contract. `issues` names every mistake, never the offending value, which may be personal. */
export class ContractError extends Error {
  readonly code = 'CONTRACT_VIOLATION';

  constructor(
    what: string,
    readonly issues: readonly ContractIssue[],
    options?: ErrorOptions,
  ) {
    super(`${what}: ${issues.map((issue) => `${issue.pointer || '(the whole)'} ${issue.message}`).join('; ')}`, options);
    this.name = 'ContractError';
  }
}

/** Translates zod's issues about `value`, giving each unknown key a pointer of its own. */
export function contractIssues(issues: readonly z.core.$ZodIssue[], value: unknown, prefix: readonly PropertyKey[] = []): ContractIssue[] {
  return issues.flatMap((issue): ContractIssue[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), rule: 'unknown_field', message: 'is not a field of this type' }));
    }
    if (isAbsent(value, issue.path)) return [{ pointer: pointerOf(path), rule: 'required', message: 'is required' }];
    return [{ pointer: pointerOf(path), ...explained(issue) }];
  });
}

function isAbsent(value: unknown, path: readonly PropertyKey[]): boolean {
  let at = value;
  for (const step of path) at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined;
  return at === undefined;
}

// Every rule is named and worded here, so that an answer to a site does not change with a release of zod.
function explained(issue: z.core.$ZodIssue): { rule: string; message: string } {
  switch (issue.code) {
    case 'invalid_type':
      return { rule: 'type', message: `must be ${withArticle(issue.expected === 'record' ? 'object' : issue.expected)}` };
    case 'too_big':
      return { rule: 'too_big', message: bound('at most', issue.origin, issue.maximum) };
    case 'too_small':
      return { rule: 'too_small', message: bound(issue.inclusive === false ? 'more than' : 'at least', issue.origin, issue.minimum) };
    case 'invalid_format':
      return { rule: issue.format === 'regex' ? 'pattern' : issue.format, message: issue.message };
    case 'invalid_value':
      return { rule: 'value', message: `must be ${issue.values.map((allowed) => JSON.stringify(allowed)).join(' or ')}` };
    case 'invalid_union':
      return { rule: 'type', message: issue.message };
    case 'invalid_key':
      return { rule: 'key', message: 'has a name that is empty, too long or has control characters' };
    case 'custom':
      return { rule: typeof issue.params?.['rule'] === 'string' ? issue.params['rule'] : 'value', message: issue.message };
    case 'unrecognized_keys': // has a pointer of its own for each key, see above
    case 'not_multiple_of':
    case 'invalid_element':
      return { rule: issue.code, message: issue.message };
  }
}

function bound(relation: string, origin: string, limit: number | bigint): string {
  if (origin === 'string') return `must have ${relation} ${limit} characters`;
  if (origin === 'array') return `must have ${relation} ${limit} elements`;
  return `must be ${relation} ${limit}`;
}

const withArticle = (noun: string): string => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`);
