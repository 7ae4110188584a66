import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { LocalServer, type ServerCommand } from '@posthorn/testing';
import { MARIADB, MARIADB_INSTALL, PHP } from './wordpress.packages.js';

type Command = Omit<ServerCommand, 'logFile' | 'cleanUp'>;

// MariaDB refuses to be root, and Debian's package brings a user for it.
const AS_MYSQL = process.getuid?.() === 0 ? ['--user=mysql'] : [];

/** A MariaDB of our own, on a socket that only its user and root can reach; it needs no password for that reason. */
export class MariaDbServer extends LocalServer {
  readonly socket: string;
  private readonly data: string;

  constructor(private readonly home: string) {
    super({ name: 'MariaDB', logFile: join(home, 'mariadb.log'), readyWithinMs: 60_000 });
    this.data = join(home, 'mariadb');
    this.socket = join(this.data, 'wordpress.sock');
  }

  prepare(): void {
    mkdirSync(this.data, { mode: 0o700 });
    const made = spawnSync(MARIADB_INSTALL, ['--no-defaults', `--datadir=${this.data}`, '--skip-test-db', '--auth-root-authentication-method=normal', ...AS_MYSQL], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stdout}${made.stderr}`);
    writeFileSync(join(this.home, 'init.sql'), 'CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4;\n');
  }

  protected override command(): Promise<Command> {
    const own = [`--datadir=${this.data}`, `--socket=${this.socket}`, `--pid-file=${join(this.data, 'pid')}`, `--init-file=${join(this.home, 'init.sql')}`];
    // A test's database need not survive the machine's power.
    const quick = ['--skip-grant-tables', '--skip-networking', '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=32M', '--skip-log-bin', '--performance-schema=OFF'];
    return Promise.resolve({ command: MARIADB, args: ['--no-defaults', ...AS_MYSQL, ...own, ...quick], stopSignal: 'SIGTERM' });
  }

  protected override answers(): Promise<boolean> {
    return answering({ path: this.socket });
  }
}

// PHP leaves its workers behind when it ends, so whoever is told to stop tells the whole group of processes.
const WITH_WORKERS = '"$@" & trap "trap - TERM; kill -TERM 0" TERM; wait';

/** PHP's own web server. */
export class PhpServer extends LocalServer {
  constructor(
    home: string,
    private readonly root: string,
    private readonly port: number,
  ) {
    super({ name: 'PHP', logFile: join(home, 'php.log') });
  }

  protected override command(): Promise<Command> {
    // Several, because WordPress asks itself to send while it answers.
    const env = { ...process.env, PHP_CLI_SERVER_WORKERS: '4' };
    const php = [PHP, '-d', 'opcache.enable_cli=1', '-d', 'display_errors=0', '-S', `127.0.0.1:${this.port}`, '-t', this.root];
    return Promise.resolve({ command: '/bin/sh', args: ['-c', WITH_WORKERS, 'php', ...php], env, cwd: this.root, stopSignal: 'SIGTERM' });
  }

  protected override answers(): Promise<boolean> {
    return answering({ host: '127.0.0.1', port: this.port });
  }
}

function answering(where: { path: string } | { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where);
    const say = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', say(true)).once('error', say(false));
  });
}
