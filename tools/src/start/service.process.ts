import { lastLines, LocalServer, type ServerCommand } from '@posthorn/testing';
import { builtFile, WORKSPACE } from '../workspace.js';

/** Longer than a service takes to finish what it has begun. */
const STOP_PATIENCE_MS = 20_000;

/** One service as a process of its own. */
export class ServiceProcess extends LocalServer {
  constructor(
    name: string,
    private readonly env: NodeJS.ProcessEnv,
    logFile: string,
    private readonly program: readonly string[] = ['--enable-source-maps', builtFile(name, 'main')],
  ) {
    super({ name, logFile, stopWithinMs: STOP_PATIENCE_MS });
  }

  protected command(): Promise<Omit<ServerCommand, 'logFile'>> {
    return Promise.resolve({ command: process.execPath, args: this.program, env: this.env, cwd: WORKSPACE, stopSignal: 'SIGTERM' });
  }
}

/** The end of a log for people: of a JSON line only its level, message and error are shown. */
export function readableTail(logFile: string, count: number): string[] {
  const tail = lastLines(logFile, count * 5);
  if (tail === '') return [];
  // The frames below a crash would push out what it was.
  return tail.split('\n').filter((line) => line.trim() !== '' && !/^\s+at |^Node\.js v/.test(line)).flatMap(readable).slice(-count);
}

const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

function readable(line: string): string[] {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return [line];
  }
  if (typeof entry !== 'object' || entry === null || !('msg' in entry)) return [line];
  const { level, msg, err } = entry as { level?: unknown; msg: unknown; err?: { message?: unknown } };
  const name = typeof level === 'number' ? (LEVELS[level] ?? String(level)) : typeof level === 'string' ? level : '';
  const cause = typeof err?.message === 'string' && err.message !== msg ? `: ${err.message}` : '';
  return `${name} ${String(msg)}${cause}`.trim().split('\n');
}
