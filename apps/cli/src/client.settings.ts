import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type World } from './cli.context.js';
import { CliError, EXIT } from './cli.error.js';

export type Face = 'ingress' | 'audit' | 'console';

export interface Access {
  readonly face: Face;
  readonly url: string;
  readonly key: string;
  /** Of the variable that would give another key. */
  readonly keyName?: string;
}

const KEY_OF: Record<Face, string> = { ingress: "a site's key", audit: "an auditor's key", console: "an operator's key" };

/** Where a face of Posthorn is, and with which key: from a flag, the environment, or the file of a running `npm start`. */
export function accessTo(face: Face, flags: { url?: string; key?: string }, world: World): Access {
  const access = addressOf(face, flags, world);
  if (access.key === '') throw new CliError(EXIT.usage, `${face} asks for ${KEY_OF[face]}, and none was given.`, `Set POSTHORN_${face.toUpperCase()}_KEY.`);
  return access;
}

/** The same for what needs no key: it is empty where there is none. */
export function addressOf(face: Face, flags: { url?: string; key?: string }, world: World): Access {
  const name = `POSTHORN_${face.toUpperCase()}`;
  const known = fromFile(world)?.[face];
  const url = flags.url ?? valueOf(world, `${name}_URL`) ?? known?.url;
  // The file's key belongs to the file's address, and goes nowhere else.
  const key = flags.key ?? valueOf(world, `${name}_KEY`) ?? (url === known?.url ? known?.key : undefined);
  if (url === undefined) throw new CliError(EXIT.usage, `Where is ${face}? Nothing says.`, `Set ${name}_URL and ${name}_KEY, or run this beside a running npm start.`);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new CliError(EXIT.usage, `"${url}" is not the address of ${face}.`, 'It begins with http:// or https://.');
  return { face, url: url.replace(/\/+$/, ''), key: key ?? '' };
}

/** The keys that a running `npm start` signs its log with; none for a log at another address. */
export function knownVerifierKeys(flags: { url?: string }, world: World): readonly string[] {
  const known = fromFile(world)?.audit;
  const url = flags.url ?? valueOf(world, 'POSTHORN_AUDIT_URL') ?? known?.url;
  return url === known?.url ? (known?.verifierKeys ?? []) : [];
}

/** Where checkpoints of the log of a running `npm start` are remembered: beside the log, whose keys begin and end with it. */
export function folderOfKnownLog(flags: { url?: string }, world: World): string | undefined {
  const file = clientFile(world);
  return file === undefined || knownVerifierKeys(flags, world).length === 0 ? undefined : join(dirname(file), 'remembered');
}

/** Ingress, as an operator: with a key that has rights of its own, and never with a site's. */
export function operatorAccess(flags: { url?: string; key?: string }, world: World): Access {
  const { url } = addressOf('ingress', flags, world);
  const known = fromFile(world)?.ingress;
  const key = flags.key ?? valueOf(world, 'POSTHORN_OPERATOR_KEY') ?? (url === known?.url ? known.operatorKey : undefined);
  if (key === undefined) throw new CliError(EXIT.usage, "ingress asks for an operator's key, and none was given.", 'Set POSTHORN_OPERATOR_KEY.');
  return { face: 'ingress', url, key, keyName: 'POSTHORN_OPERATOR_KEY' };
}

type ClientFile = Partial<Record<Face, { url?: string; key?: string; operatorKey?: string; verifierKeys?: string[] }>>;

/** `.posthorn/client.json`, here or in a folder above; `npm start` writes it. */
function clientFile({ env, cwd }: World): string | undefined {
  const home = env['POSTHORN_HOME'];
  const file = home === undefined || home === '' ? upwards(cwd) : resolve(cwd, home, 'client.json');
  return file !== undefined && existsSync(file) ? file : undefined;
}

function fromFile(world: World): ClientFile | undefined {
  const file = clientFile(world);
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ClientFile;
  } catch {
    throw new CliError(EXIT.usage, `${file} cannot be read as JSON.`, 'npm start writes it anew.');
  }
}

function upwards(folder: string): string | undefined {
  const file = join(folder, '.posthorn', 'client.json');
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? undefined : upwards(dirname(folder));
}

function valueOf({ env }: World, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}
