import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface ServerUser {
  uid?: number;
  gid?: number;
  /** Put before the command. */
  prefix: readonly string[];
}

/**
 * Postgres refuses to run as root. As root we run it as another user that is already there: the
 * data's owner, else `postgres`, else `nobody`. No user is created.
 */
export function postgresUser(dataDir: string, binary: string): ServerUser {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const { uid, gid } = existingOwner(dataDir) ?? accountOf('postgres') ?? accountOf('nobody') ?? { uid: 65534, gid: 65534 };
  const reachable = spawnSync('/bin/sh', ['-c', '"$1" --version && cd "$2"', 'sh', binary, join(dataDir, '..')], { uid, gid, cwd: '/', stdio: 'ignore' });
  if (reachable.status === 0) return { uid, gid, prefix: [] };
  // A clone below /root, which nobody else may enter: let the server pass directories, and nothing more.
  const prefix = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'];
  if (spawnSync('setpriv', [...prefix.slice(1), binary, '--version'], { cwd: '/', stdio: 'ignore' }).status === 0) return { uid: undefined, gid: undefined, prefix };
  throw new Error(
    `Postgres does not run as root, and user ${uid} may not enter ${dataDir}. ` +
      'Run as an ordinary user, or set POSTHORN_HOME to a folder everyone may enter, or name a running Postgres in POSTGRES_URL.',
  );
}

/** Whom the data must belong to, also when the server is started by way of setpriv. */
export function ownerIds(user: ServerUser): { uid: number; gid: number } | undefined {
  if (user.uid !== undefined && user.gid !== undefined) return { uid: user.uid, gid: user.gid };
  const number = (flag: string): number => Number(user.prefix.find((word) => word.startsWith(flag))?.slice(flag.length));
  return user.prefix.length === 0 ? undefined : { uid: number('--reuid='), gid: number('--regid=') };
}

function existingOwner(dataDir: string): { uid: number; gid: number } | undefined {
  if (!existsSync(join(dataDir, 'PG_VERSION'))) return undefined;
  const { uid, gid } = statSync(dataDir);
  return uid === 0 ? undefined : { uid, gid };
}

function accountOf(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
