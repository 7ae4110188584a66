import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { type World } from './cli.context.js';
import { misuse } from './cli.error.js';

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Returns the exit code. */
  run(args: readonly string[], world: World): Promise<number>;
}

export const COMMON = { url: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } } as const satisfies ParseArgsOptionsConfig;

export const COMMON_HELP = `  --url URL, --key KEY   where to ask, and with which key
  --json                 for scripts
`;

/** Which deliveries: the same words wherever deliveries are chosen. */
export const SELECTION = {
  service: { type: 'string' },
  site: { type: 'string' },
  type: { type: 'string' },
  connection: { type: 'string' },
  state: { type: 'string' },
  error: { type: 'string' },
  event: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export const SELECTION_HELP = `  --service NAME         crm-sync, email, calendar, …
  --site ID
  --type TYPE            of the event, such as lead.submitted
  --connection ID
  --state LIST           dead,held,…: one or several, separated by commas
  --error CODE           of the delivery's error, such as CRM_REFUSED
  --event ID             deliveries of one event
  --from TIME, --to TIME when the event was accepted: 2026-11-22T10:00:00Z, or 90m, 36h, 7d ago
`;

const AGO: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** RFC 3339, or how long ago. */
export function timeOf(text: string | undefined, command: string): string | undefined {
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined) return new Date(Date.now() - Number(number) * (AGO[unit] ?? 0)).toISOString();
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw misuse(`"${text}" is not a time such as 2026-11-22T10:00:00Z or 36h.`, command);
  return time.toISOString();
}

export function parse<const O extends ParseArgsOptionsConfig>(command: string, args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw misuse(error instanceof Error ? error.message : String(error), command);
  }
}

const MOST_SECONDS = 3_600;

/** Of `--wait`; without it none. */
export function waitSecondsOf(text = '0', command: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MOST_SECONDS) return seconds;
  throw misuse(`--wait takes seconds, at most ${MOST_SECONDS}.`, command);
}

export const writeJson = (world: World, value: unknown): void => void world.out.write(`${JSON.stringify(value, undefined, 2)}\n`);

/** Part of the truth is not the truth: say aloud who is missing in an answer. */
export function warnOf(unanswered: readonly { service: string; message: string }[], { error }: World): void {
  for (const { message } of unanswered) error.write(`Incomplete: ${message}\n`);
}
