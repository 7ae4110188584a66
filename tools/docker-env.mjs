// Writes .env for docker-compose.yml: `npm run docker:env`. Who uses Docker need not install anything else, so this is
// plain JavaScript for Node 20 without a dependency.
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

// A letter first, then nothing that Compose, a shell or nats.conf would take for anything but text.
const token = (prefix, bytes = 24) => `${prefix}_${randomBytes(bytes).toString('hex')}`;
const random32 = () => randomBytes(32).toString('hex');
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** The text of a new .env: every variable that docker-compose.yml refers to, with secrets nobody has seen. */
export function environmentFile() {
  const siteKey = token('ph_sk', 32);
  const auditorKey = token('ph_ak', 32);
  const operatorKey = token('ph_ok', 32);
  const services = ['INGRESS', 'CRM_SYNC', 'EMAIL', 'CALENDAR', 'AUDIT'];
  return [
    '# Made by npm run docker:env. It holds secrets: keep it to yourself, and out of version control.',
    'COMPOSE_PROJECT_NAME=posthorn',
    '',
    '# Where a browser reaches ingress and the demo website.',
    'POSTHORN_INGRESS_URL=http://127.0.0.1:4700',
    'POSTHORN_WEBSITE_URL=http://127.0.0.1:4702',
    '',
    "# The website's key for ingress, the auditor's for audit and the operator's for console. The services know only the hashes.",
    `POSTHORN_SITE_KEY=${siteKey}`,
    `POSTHORN_SITE_KEY_SHA256=${sha256(siteKey)}`,
    `POSTHORN_AUDITOR_KEY=${auditorKey}`,
    `POSTHORN_AUDITOR_KEY_SHA256=${sha256(auditorKey)}`,
    `POSTHORN_OPERATOR_KEY=${operatorKey}`,
    `POSTHORN_OPERATOR_KEY_SHA256=${sha256(operatorKey)}`,
    '',
    '# Signs the links in newsletter mails.',
    `POSTHORN_LINK_SECRET=${token('link', 32)}`,
    '',
    '# Seal personal values in the audit log, and find people in it. Keep copies apart from those of the database.',
    `POSTHORN_AUDIT_ENCRYPTION_KEY=${random32()}`,
    `POSTHORN_AUDIT_LOOKUP_KEY=${random32()}`,
    '# Signs the log. Who has it can make another one in its name.',
    `POSTHORN_AUDIT_SIGNING_KEY=${random32()}`,
    '',
    '# Of the simulated HubSpot, and of the calendar user "acme".',
    `POSTHORN_HUBSPOT_TOKEN=${token('pat_sandbox')}`,
    `POSTHORN_CALDAV_PASSWORD=${token('caldav')}`,
    '',
    '# The administrators, who are used by the provisioning steps alone.',
    `POSTGRES_ADMIN_PASSWORD=${token('pg')}`,
    `NATS_ADMIN_PASSWORD=${token('nats')}`,
    '',
    "# Each service's own.",
    ...services.map((name) => `DATABASE_PASSWORD_${name}=${token('pg')}`),
    ...[...services, 'CONSOLE'].map((name) => `NATS_PASSWORD_${name}=${token('nats')}`),
    '',
  ].join('\n');
}

/** Writes a file that only its owner can read. An existing one is never touched: volumes know its passwords. */
export function writeEnvironmentFile(file) {
  try {
    writeFileSync(file, environmentFile(), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const file = join(ROOT, '.env');
  if (writeEnvironmentFile(file)) {
    process.stdout.write(`Wrote ${file}. Next: docker compose up --build\n`);
  } else {
    process.stderr.write(
      `${file} exists and was left alone: the databases in the volumes know its passwords.\n` +
        'To start anew: docker compose down --volumes, remove the file, and run this again.\n',
    );
    process.exitCode = 1;
  }
}
