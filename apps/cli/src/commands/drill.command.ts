import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, EXIT } from '../cli.error.js';
import { type Command } from '../command.js';
import { isForStaging, stagingDrillOf } from '../drill/drill.options.js';
import { drillStaging } from '../drill/staging.drill.js';

const HELP = `posthorn drill [options]                                          in a checkout
posthorn drill --url URL --site-is-for-tests [options]            against your own staging

In a checkout of the project: npm run drill. It starts a system of its own, breaks all of it, and compares what was
accepted with every service's tables and the providers' own records.

  --seconds N      how long the storm lasts (default 60)
  --rate R         events per second (default 50)
  --seed S         the same seed makes the same storm
  --json           ends with one line of JSON on stdout

npm run drill -- --help shows the rest.

Against a staging it is the load and the judge, and you break what you like meanwhile:

  --url URL, --key KEY              ingress, and the key of a site (or POSTHORN_INGRESS_URL, POSTHORN_INGRESS_KEY)
  --audit-url URL, --audit-key KEY  audit, and an auditor's key (or POSTHORN_AUDIT_URL, POSTHORN_AUDIT_KEY)
  --site-is-for-tests   required: its events become real mails, contacts and appointments at whatever the site's
                        connections point to, for people such as drill-7-0@example.com
  --seconds N           how long events are sent (default 60, at most 3600)
  --rate R              events per second, of all types (default 10, at most 200)
  --seed S              the same seed sends the same events, and runs the faults at the same moments
  --fault COMMAND       a command that breaks something and mends it, run at random moments, at least once; a minute
                        at most; may be given several times
  --patience SECONDS    how long everything may take after the load (default 300)
  --report FILE         writes everything as JSON, every event that is not ok among it
  --json                ends with one line of JSON on stdout; table and progress go to stderr

Each event is sent under an Idempotency-Key until it is accepted, one in fifty once more. Then audit is asked until
each accepted event has an outcome for each delivery that events of its type lead to, and the books miss none.

It believes the log of audit and the services' books. A mail that came twice although the log says once, or a contact
that is not in the CRM although the log says so, it cannot see: the drill in a checkout asks the providers as well.

Exit code 0 when nothing was lost, doubled or left unexplained. Held, unknown and dead are in front of a person.

Examples
  posthorn drill --seconds 600 --rate 200 --seed 1
  posthorn drill --url https://staging.example.com --audit-url https://audit.example.com --site-is-for-tests \\
    --seconds 300 --fault 'docker restart -t 0 posthorn-email-1' --fault 'docker restart -t 0 posthorn-nats-1'
`;

const DRILL = join('tools', 'src', 'drill', 'main.ts');

export const drill: Command = {
  name: 'drill',
  summary: 'break everything, then count: a checkout, or your own staging',
  help: HELP,
  run(args, world) {
    if (isForStaging(args)) return drillStaging(stagingDrillOf(args, world), world);
    const { cwd, env } = world;
    const checkout = checkoutAbove(cwd);
    if (checkout === undefined) {
      throw new CliError(EXIT.usage, 'DRILL_NEEDS_CHECKOUT: this is no checkout of the project, and the drill starts the whole system from one.', 'Clone the project, and run posthorn drill in that folder. For a staging: --url; posthorn drill --help says more.');
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
