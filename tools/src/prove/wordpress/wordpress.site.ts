import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@posthorn/testing';
import { WORKSPACE } from '../../workspace.js';
import { WORDPRESS_HOME } from './wordpress.packages.js';
import { MariaDbServer, PhpServer } from './wordpress.servers.js';

const INTEGRATION = join(WORKSPACE, 'integrations', 'wordpress');
const ADMIN = { name: 'owner', password: randomBytes(18).toString('base64url'), email: 'owner@acme.example' };

/** A row of the plugin's queue. */
export interface QueueRow {
  source: string;
  type: string;
  state: 'waiting' | 'sending' | 'sent' | 'failed';
  body: string;
  person: string;
  event_id: string;
  reason: string;
  attempts: string;
}

/** A real WordPress with the plugin, on a database and a port of its own, and what a visitor and its owner do there. */
export class WordPressSite {
  private readonly home = mkdtempSync(join(tmpdir(), 'posthorn-wordpress-'));
  private readonly root = join(this.home, 'site');
  private readonly database = new MariaDbServer(this.home);
  private readonly cookies = new Map<string, string>();
  private php: PhpServer | undefined;
  private url = '';

  async start(): Promise<void> {
    // MariaDB runs as another user and has to get through to its own folder.
    chmodSync(this.home, 0o755);
    this.database.prepare();
    await this.database.start();
    const copied = spawnSync('cp', ['-rL', WORDPRESS_HOME, this.root], { encoding: 'utf8' });
    if (copied.status !== 0) throw new Error(`WordPress could not be copied: ${copied.stderr}`);
    chmodSync(this.root, 0o700);
    const content = join(this.root, 'wp-content');
    cpSync(join(INTEGRATION, 'posthorn'), join(content, 'plugins', 'posthorn'), { recursive: true });
    mkdirSync(join(content, 'mu-plugins'), { recursive: true });
    cpSync(join(INTEGRATION, 'test', 'stand-ins.php'), join(content, 'mu-plugins', 'stand-ins.php'));
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    writeFileSync(join(this.root, 'wp-config.php'), this.configuration());
    this.php = new PhpServer(this.home, this.root, port);
    await this.php.start();
    await this.post('/wp-admin/install.php?step=2', { weblog_title: 'Acme', user_name: ADMIN.name, admin_password: ADMIN.password, admin_password2: ADMIN.password, admin_email: ADMIN.email, blog_public: '0' });
  }

  async stop(): Promise<void> {
    await this.php?.stop();
    await this.database.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  async logIn(): Promise<void> {
    await this.page('/wp-login.php');
    await this.post('/wp-login.php', { log: ADMIN.name, pwd: ADMIN.password, testcookie: '1' });
    if (![...this.cookies.keys()].some((name) => name.startsWith('wordpress_logged_in'))) throw new Error('WordPress does not let its owner in.');
  }

  /** As the link on the page of plugins does. */
  async activate(): Promise<void> {
    const [, link] = /href="(plugins\.php\?action=activate&amp;plugin=posthorn[^"]*)"/.exec(await this.page('/wp-admin/plugins.php')) ?? [];
    if (link === undefined) throw new Error('WordPress does not list the plugin.');
    await this.page(`/wp-admin/${link.replaceAll('&amp;', '&')}`);
  }

  settingsPage(more = ''): Promise<string> {
    return this.page(`/wp-admin/options-general.php?page=posthorn${more}`);
  }

  /** Fills in one of the forms on the page of settings, the first that has this field, and answers the page after it. */
  async submitSettings(marker: string, fields: Readonly<Record<string, string | readonly string[]>>): Promise<string> {
    const form = (await this.settingsPage()).split('<form').slice(1).find((text) => text.includes(marker));
    if (form === undefined) throw new Error(`There is no form with ${marker} on the page.`);
    const own = form.slice(0, form.indexOf('</form>'));
    const [, action = ''] = /action="([^"]*)"/.exec(own) ?? [];
    const hidden: Record<string, string> = Object.fromEntries([...own.replaceAll("'", '"').matchAll(/<input type="hidden"[^>]*>/g)].map(([input]) => [/name="([^"]*)"/.exec(input)?.[1] ?? '', /value="([^"]*)"/.exec(input)?.[1] ?? '']));
    await this.post(action.startsWith('http') ? new URL(action).pathname : `/wp-admin/${action}`, { ...hidden, ...fields });
    return this.settingsPage('&settings-updated=true');
  }

  async comment(email: string): Promise<void> {
    await this.post('/wp-comments-post.php', { comment: `A good read, says ${email}.`, author: 'Ada Lovelace', email, url: '', comment_post_ID: '1' }, false);
  }

  async register(email: string): Promise<void> {
    await this.post('/wp-login.php?action=register', { user_login: email.split('@')[0] ?? '', user_email: email }, false);
  }

  /** Has the stand-ins do something; answers the queue, or what else they say. */
  async standIn<T = QueueRow[]>(what: string, fields: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await this.post('/', { stand_in: what, ...fields }, false);
    try {
      return JSON.parse(answer) as T;
    } catch (cause) {
      throw new Error(`The stand-in ${what} answered: ${answer.slice(0, 300)}`, { cause });
    }
  }

  async cron(): Promise<void> {
    await this.page('/wp-cron.php?doing_wp_cron');
  }

  /** What PHP and WordPress complained of, about the plugin. */
  complaints(): string[] {
    const files = [join(this.home, 'debug.log'), join(this.home, 'php.log')].filter((file) => existsSync(file));
    return files.flatMap((file) => readFileSync(file, 'utf8').split('\n')).filter((line) => /plugins\/posthorn\/|Posthorn:/.test(line));
  }

  private async page(path: string): Promise<string> {
    return (await this.request(path)).text();
  }

  private async post(path: string, fields: Readonly<Record<string, string | readonly string[]>>, known = true): Promise<string> {
    const body = new URLSearchParams(Object.entries(fields).flatMap(([name, value]) => (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one])));
    return (await this.request(path, { method: 'POST', body }, known)).text();
  }

  private async request(path: string, init: RequestInit = {}, known = true): Promise<Response> {
    const cookie = known ? [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') : '';
    const response = await fetch(this.url + path, { ...init, redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    if (known) for (const set of response.headers.getSetCookie()) this.cookies.set(set.slice(0, set.indexOf('=')), set.slice(set.indexOf('=') + 1).split(';')[0] ?? '');
    if (response.status >= 400) throw new Error(`WordPress answered ${response.status} to ${path}: ${(await response.text()).replaceAll(/<[^>]*>|\s+/g, ' ').slice(0, 300)}`);
    return response;
  }

  private configuration(): string {
    const salts = ['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'];
    const texts = { DB_NAME: 'wordpress', DB_USER: 'root', DB_PASSWORD: '', DB_HOST: `localhost:${this.database.socket}`, DB_CHARSET: 'utf8mb4', WP_HOME: this.url, WP_SITEURL: this.url, WP_DEBUG_LOG: join(this.home, 'debug.log'), WP_ACCESSIBLE_HOSTS: '127.0.0.1' };
    const lines = [
      ...Object.entries({ ...texts, ...Object.fromEntries(salts.map((name) => [name, randomBytes(32).toString('hex')])) }).map(([name, value]) => `define( '${name}', '${value}' );`),
      // It does not ask wordpress.org for updates, and tells notices to its log.
      ...['WP_DEBUG', 'WP_HTTP_BLOCK_EXTERNAL', 'DISABLE_WP_CRON', 'AUTOMATIC_UPDATER_DISABLED'].map((name) => `define( '${name}', true );`),
      "define( 'WP_DEBUG_DISPLAY', false );",
      "$table_prefix = 'wp_';",
      "defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );",
      "require_once ABSPATH . 'wp-settings.php';",
    ];
    return `<?php\n${lines.join('\n')}\n`;
  }
}
