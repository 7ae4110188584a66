import { type DestinationStream, type Logger, pino } from 'pino';
import { currentTraceId } from './trace-context.js';

export interface LoggerOptions {
  service: string;
  level: string;
  /** Where the lines go; standard output unless given. */
  destination?: DestinationStream;
}

const SECRET_KEYS = [
  'password', 'secret', 'token', 'accessToken', 'apiKey', 'linkSecret', 'authorization', 'cookie',
];
const PERSONAL_KEYS = ['data', 'envelope', 'person', 'payload', 'body', 'email', 'phone'];

/**
 * A safety net under the rule that nobody logs a payload or a secret: these keys never leave the process,
 * whether they stand at the top of a line or one or two levels down.
 */
export const REDACTED_PATHS: readonly string[] = [...SECRET_KEYS, ...PERSONAL_KEYS].flatMap((key) => [
  key,
  `*.${key}`,
  `*.*.${key}`,
]);

const INFO = pino.levels.values['info'];
// Nest tells each module and each route at every start; those lines are for whoever debugs the wiring.
const CHATTERING = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

function isFrameworkChatter(fields: unknown): boolean {
  if (typeof fields !== 'object' || fields === null || !('context' in fields)) return false;
  return typeof fields.context === 'string' && CHATTERING.has(fields.context);
}

/** JSON lines with ISO time, the level by name, the service, and the trace a line belongs to. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...REDACTED_PATHS], censor: '[redacted]' },
      hooks: {
        logMethod(args, method, level) {
          if (level === INFO && isFrameworkChatter(args[0])) this.debug(...args);
          else method.apply(this, args);
        },
      },
      mixin: () => {
        const traceId = currentTraceId();
        return traceId === undefined ? {} : { traceId };
      },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
