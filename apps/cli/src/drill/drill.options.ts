import { resolve } from 'node:path';
import { type World } from '../cli.context.js';
import { CliError, EXIT, misuse } from '../cli.error.js';
import { type Access, accessTo } from '../client.settings.js';
import { COMMON, parse } from '../command.js';

export interface StagingDrill {
  ingress: Access;
  audit: Access;
  seconds: number;
  rate: number;
  seed: number;
  /** Commands that break something. */
  faults: readonly string[];
  /** How long after the load everything may take. */
  patienceSeconds: number;
  json: boolean;
  /** A file for the whole report. */
  report: string | undefined;
}

const STAGING_ONLY = {
  'audit-url': { type: 'string' },
  'audit-key': { type: 'string' },
  fault: { type: 'string', multiple: true },
  patience: { type: 'string' },
  'site-is-for-tests': { type: 'boolean' },
} as const;

const OPTIONS = { ...COMMON, ...STAGING_ONLY, seconds: { type: 'string' }, rate: { type: 'string' }, seed: { type: 'string' }, report: { type: 'string' } } as const;

/** More of it is a benchmark, and not of a staging that others use. */
const LIMITS = { seconds: [1, 3_600], rate: [1, 200], seed: [0, 2_147_483_647], patience: [1, 7_200] } as const;

/** Whether somebody's own staging is meant, and not the drill of a checkout. */
export function isForStaging(args: readonly string[]): boolean {
  const names = new Set(['url', 'key', ...Object.keys(STAGING_ONLY)].map((name) => `--${name}`));
  return args.some((one) => names.has(one.split('=', 1)[0] ?? ''));
}

export function stagingDrillOf(args: readonly string[], world: World): StagingDrill {
  const { values, positionals } = parse('drill', args, OPTIONS);
  if (positionals.length > 0) throw misuse(`"${positionals.join(' ')}" is not an option.`, 'drill');
  const drill = {
    ingress: accessTo('ingress', values, world),
    audit: accessTo('audit', { url: values['audit-url'], key: values['audit-key'] }, world),
    seconds: numberOf('seconds', values.seconds, 60),
    rate: numberOf('rate', values.rate, 10),
    seed: numberOf('seed', values.seed, Math.floor(Math.random() * 1_000_000)),
    faults: values.fault ?? [],
    patienceSeconds: numberOf('patience', values.patience, 300),
    json: values.json === true,
    report: values.report === undefined ? undefined : resolve(world.cwd, values.report),
  };
  if (values['site-is-for-tests'] === true) return drill;
  throw new CliError(
    EXIT.usage,
    `DRILL_NEEDS_CONSENT: ${drill.seconds * drill.rate} events would become real mails, contacts and appointments at whatever the site's connections point to.`,
    'If the key is that of a site for tests, say so: --site-is-for-tests.',
  );
}

function numberOf(name: keyof typeof LIMITS, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const [least, most] = LIMITS[name];
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw misuse(`--${name} takes a whole number from ${least} to ${most}, not "${text}".`, 'drill');
}
