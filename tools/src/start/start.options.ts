import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_HOME, EXAMPLE_CONFIG } from '../workspace.js';
import { PORT_OFFSETS } from './port.plan.js';
import { StartError } from './start.error.js';

export interface StartOptions {
  fresh: boolean;
  configFile: string;
  portBase: number;
  json: boolean;
  help: boolean;
  /** Where data, secrets and logs live. */
  home: string;
}

export const DEFAULT_PORT_BASE = 4700;
const HIGHEST_BASE = 65_535 - Math.max(...Object.values(PORT_OFFSETS));

export const HELP = `npm start -- [options]

Starts the whole of Posthorn on this machine: Postgres, NATS and every service, each as a process of its own.

  --fresh          forget all data and secrets of earlier runs
  --config FILE    use another configuration than posthorn.yaml
  --port-base N    the first of the ${Object.keys(PORT_OFFSETS).length} ports to use (default ${DEFAULT_PORT_BASE})
  --json           print one line of JSON on stdout when everything is ready
  --help           this text

Environment
  POSTHORN_HOME    where data, secrets and logs live (default .posthorn)
  POSTGRES_URL     use this Postgres, as an administrator, instead of the embedded one
  NATS_URL         use this NATS server (with JetStream) instead of starting one;
                   NATS_USER, NATS_PASSWORD, NATS_ADMIN_USER, NATS_ADMIN_PASSWORD if it asks
`;

/** What the command line and the environment ask for. Throws a StartError that names the mistake. */
export function parseStartOptions(args: readonly string[], env: NodeJS.ProcessEnv, cwd = process.cwd()): StartOptions {
  const { fresh = false, config, 'port-base': portBase, json = false, help = false } = parse(args);
  const configFile = config === undefined ? EXAMPLE_CONFIG : resolve(cwd, config);
  if (!help && !existsSync(configFile)) throw mistake(`--config: ${configFile} does not exist.`);
  const home = env['POSTHORN_HOME'];
  return {
    fresh,
    configFile,
    portBase: portBase === undefined ? DEFAULT_PORT_BASE : parsePortBase(portBase),
    json,
    help,
    home: home === undefined || home === '' ? DEFAULT_HOME : resolve(cwd, home),
  };
}

function parse(args: readonly string[]): { fresh?: boolean; config?: string; 'port-base'?: string; json?: boolean; help?: boolean } {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      strict: true,
      options: {
        fresh: { type: 'boolean' },
        config: { type: 'string' },
        'port-base': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw mistake(error instanceof Error ? error.message : String(error));
  }
}

function parsePortBase(text: string): number {
  const base = Number(text);
  if (/^\d+$/.test(text) && base >= 1024 && base <= HIGHEST_BASE) return base;
  throw mistake(`--port-base must be a whole number from 1024 to ${HIGHEST_BASE}, not "${text}".`);
}

function mistake(message: string): StartError {
  return new StartError('OPTIONS', `${message}\nnpm start -- --help shows the options.`);
}
