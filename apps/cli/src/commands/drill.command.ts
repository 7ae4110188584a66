import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, EXIT } from '../cli.error.js';
import { type Command } from '../command.js';

const HELP = `posthorn drill [options]

A storm against a Posthorn of its own: starts the whole system beside whatever runs, sends events at a steady rate,
kills, stops, cuts and slows everything, waits until all work is done, and lets a checker that shares no code with the
services compare what was accepted with what arrived. It runs in a checkout of the project: it is npm run drill there.

  --seconds N      how long the storm lasts (default 60)
  --rate R         events per second (default 50)
  --seed S         the same seed makes the same storm
  --json           ends with one line of JSON on stdout

npm run drill -- --help shows the rest.

A staging of yours cannot be drilled from here. The storm needs the processes, the store of NATS and the providers in
its hands, and the checker the tables of every service and the providers' own records. For a staging: send events with
posthorn send, break what you like, and let posthorn books --wait 300 say whether everything has arrived.

Example
  posthorn drill --seconds 600 --rate 200 --seed 1
`;

const DRILL = join('tools', 'src', 'drill', 'main.ts');

export const drill: Command = {
  name: 'drill',
  summary: 'break everything, then count (in a checkout of the project)',
  help: HELP,
  run(args, { cwd, env }) {
    const elsewhere = args.find((one) => /^--(?:url|key)(?:=|$)/.test(one));
    if (elsewhere !== undefined) {
      throw new CliError(EXIT.usage, 'DRILL_ELSEWHERE: the drill breaks what it started itself, and nothing else.', 'For a staging: posthorn send, and then posthorn books --wait 300. posthorn drill --help says why.');
    }
    const checkout = checkoutAbove(cwd);
    if (checkout === undefined) {
      throw new CliError(EXIT.usage, 'DRILL_NEEDS_CHECKOUT: this is no checkout of the project, and the drill starts the whole system from one.', 'Clone the project, and run posthorn drill in that folder.');
    }
    return exitCodeOf(args, checkout, env);
  },
};

function checkoutAbove(folder: string): string | undefined {
  if (existsSync(join(folder, DRILL)) && existsSync(join(folder, 'package.json'))) return folder;
  return dirname(folder) === folder ? undefined : checkoutAbove(dirname(folder));
}

/** The terminal is the drill's own meanwhile: its progress, and Ctrl-C. */
function exitCodeOf(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', '--silent', 'drill', '--', ...args], { cwd, env, stdio: 'inherit', shell: process.platform === 'win32' });
    child.once('error', (error) => reject(new CliError(EXIT.failed, `npm could not be run: ${error.message}`, 'Is npm installed?')));
    child.once('exit', (code) => resolve(code ?? EXIT.failed));
    // The drill hears Ctrl-C itself and tidies up; leaving before it would hide how that went.
    process.on('SIGINT', () => undefined);
  });
}
