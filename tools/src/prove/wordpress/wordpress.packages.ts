import { existsSync } from 'node:fs';

/** What the tests of the WordPress plugin run on, as Debian and Ubuntu install it. */
export const WORDPRESS_HOME = '/usr/share/wordpress';
export const PHP = '/usr/bin/php';
export const MARIADB = '/usr/sbin/mariadbd';
export const MARIADB_INSTALL = '/usr/bin/mariadb-install-db';

const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  wordpress: [`${WORDPRESS_HOME}/wp-load.php`],
  'php-cli': [PHP],
  'mariadb-server': [MARIADB, MARIADB_INSTALL],
};
const ALL = [...Object.keys(PACKAGES), 'php-mysql', 'php-curl'];

/** Says what is missing and how to get it; undefined when all is there. */
export function missingForWordPress(exists: (path: string) => boolean = existsSync): string | undefined {
  const missing = Object.keys(PACKAGES).filter((name) => !PACKAGES[name]?.every((path) => exists(path)));
  if (missing.length === 0) return undefined;
  return `There is no ${missing.join(', no ')} here. On Debian or Ubuntu: apt-get install --no-install-recommends ${ALL.join(' ')}`;
}
