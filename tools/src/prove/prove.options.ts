import { parseArgs } from 'node:util';
import { type Proof } from './proof.js';

export interface ProveOptions {
  /** Undefined: the list of proofs is asked for. */
  name?: string;
  values: Record<string, number>;
  json: boolean;
  help: boolean;
}

/** What is wrong with the command line, in words. */
export class ProveOptionsError extends Error {
  override readonly name = 'ProveOptionsError';
  readonly code = 'OPTIONS';

  constructor(problem: string) {
    super(`${problem}\nnpm run prove -- --help shows the proofs and their options.`);
  }
}

export function parseProveOptions(args: readonly string[], proofs: Readonly<Record<string, Proof>>): ProveOptions {
  const name = args.find((arg) => !arg.startsWith('-'));
  const proof = name === undefined ? undefined : proofs[name];
  if (name !== undefined && proof === undefined) throw new ProveOptionsError(`There is no proof "${name}"; there are ${Object.keys(proofs).join(', ')}.`);
  const { values, positionals } = parse(args, proof);
  if (positionals.length > 1) throw new ProveOptionsError(`One proof at a time, not ${positionals.join(' and ')}.`);
  const { json, help, ...given } = values;
  const wanted = help === true || name === undefined;
  return { ...(name === undefined ? {} : { name }), values: wanted ? {} : numbersOf(given, proof?.options ?? {}), json: json === true, help: wanted };
}

export function helpOf(proofs: Readonly<Record<string, Proof>>): string {
  const lines = Object.entries(proofs).flatMap(([name, { about, options }]) => [
    `  ${name.padEnd(12)} ${about}`,
    ...Object.entries(options).map(([option, { about: what, default: otherwise }]) => `    ${`--${option} N`.padEnd(16)} ${what} (default ${otherwise})`),
  ]);
  return `npm run prove -- <proof> [options]

Proofs that are too long for npm test, against real processes on servers of their own. Each starts what it needs,
removes it again, and ends with 0 when the promise held and with 1 when it did not.

${lines.join('\n')}

  --json             prints the figures as one line of JSON
  --help             this text

npm run drill breaks everything at once; these break one thing, many times.
`;
}

function parse(args: readonly string[], proof: Proof | undefined) {
  const numbers = Object.keys(proof?.options ?? {}).map((name) => [name, { type: 'string' }] as const);
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, ...Object.fromEntries(numbers) },
    });
  } catch (error) {
    throw new ProveOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function numbersOf(given: Readonly<Record<string, string | undefined>>, options: Proof['options']): Record<string, number> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { default: otherwise, least, most }]) => {
      const text = given[name];
      if (text === undefined) return [name, otherwise];
      const value = Number(text);
      if (/^\d+$/.test(text) && value >= least && value <= most) return [name, value];
      throw new ProveOptionsError(`--${name} must be a whole number from ${least} to ${most}, not "${text}".`);
    }),
  );
}
