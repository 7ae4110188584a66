import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigurationError, loadConfig, loadProvisioning, type ServiceConfig } from './index.js';

const section = z.strictObject({
  publicUrl: z.url(),
  linkSecret: z.string().min(8),
  keys: z.array(z.strictObject({ id: z.string(), sha256: z.string().length(4, 'must be 4 characters') })).default([]),
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'posthorn-configuration-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const surroundings = { PORT: '4700', DATABASE_URL: 'postgres://ingress@127.0.0.1:5433/posthorn', NATS_URL: 'nats://a:1, nats://b:2' };

function load(yaml: string, env: NodeJS.ProcessEnv = surroundings): ServiceConfig<z.infer<typeof section>> {
  const file = join(folder, 'posthorn.yaml');
  writeFileSync(file, yaml);
  return loadConfig({ service: 'ingress', section, env: { POSTHORN_CONFIG: file, ...env } });
}

function mistakesOf(work: () => unknown): ConfigurationError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('expected a ConfigurationError');
}

const good = 'ingress:\n  publicUrl: http://localhost:4700\n  linkSecret: a-long-secret\n';

describe('loadConfig', () => {
  it('joins the section of the file with the environment', () => {
    expect(load(good)).toEqual({
      service: 'ingress',
      http: { host: '127.0.0.1', port: 4700 },
      database: { url: 'postgres://ingress@127.0.0.1:5433/posthorn', password: undefined },
      nats: { servers: ['nats://a:1', 'nats://b:2'], user: undefined, password: undefined },
      logLevel: 'info',
      otlpEndpoint: undefined,
      section: { publicUrl: 'http://localhost:4700', linkSecret: 'a-long-secret', keys: [] },
    });
  });

  it('freezes what it returns, all the way down', () => {
    const config = load(`${good}  keys: [{ id: a, sha256: abcd }]\n`);
    expect(() => Object.assign(config.section.keys[0] ?? {}, { id: 'b' })).toThrow(TypeError);
  });

  it('lists every mistake of file and environment by its path, naming the file', () => {
    const error = mistakesOf(() =>
      load('ingress:\n  publicURL: http://x\n  linkSecret: 7\n  keys:\n    - { id: a, sha256: abc }\n', { ...surroundings, PORT: 'http', LOG_LEVEL: 'loud' }),
    );
    expect(error.code).toBe('CONFIGURATION_INVALID');
    expect(error.mistakes.map(({ path }) => path)).toEqual([
      'PORT',
      'LOG_LEVEL',
      'ingress.publicUrl',
      'ingress.linkSecret',
      'ingress.keys[0].sha256',
      'ingress.publicURL',
    ]);
    expect(error.message).toContain(join(folder, 'posthorn.yaml'));
    expect(error.message).toContain('ingress.publicUrl: is missing');
    expect(error.message).toContain('ingress.publicURL: is not a known setting');
  });

  it('does not look at the sections of other services', () => {
    expect(load(`${good}email: [this, is, '\${env:NOT_SET}', nonsense]\n`).section.linkSecret).toBe('a-long-secret');
  });

  it('puts environment variables and files where they are referred to, also within a string', () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'from ${env:HOST} file\n');
    const config = load(`ingress:\n  publicUrl: http://\${env:PUBLIC_HOST}:80\n  linkSecret: \${file:${secret}}\n`, { ...surroundings, PUBLIC_HOST: 'example.org' });
    expect(config.section).toMatchObject({ publicUrl: 'http://example.org:80', linkSecret: 'from ${env:HOST} file' });
  });

  it('reports every reference it cannot follow, with its path', () => {
    const error = mistakesOf(() => load(`ingress:\n  publicUrl: http://x\n  linkSecret: \${env:NOWHERE}\${file:${folder}/none}\${vault:x}\n`));
    expect(error.mistakes.map(({ path, problem }) => `${path} ${problem}`)).toEqual([
      'ingress.linkSecret refers to the environment variable NOWHERE, which is not set',
      `ingress.linkSecret refers to the file ${folder}/none, which cannot be read`,
      'ingress.linkSecret has a reference of unknown kind',
    ]);
  });

  it('never prints a configured value', () => {
    const error = mistakesOf(() => load(good.replace('http://localhost:4700', '${env:SECRET}').replace('a-long-secret', 'hunter2'), { ...surroundings, SECRET: 'hunter3' }));
    expect(error.mistakes).toHaveLength(2);
    expect(error.message).not.toMatch(/hunter/);
  });

  it('refuses a password in the database URL', () => {
    const error = mistakesOf(() => load(good, { ...surroundings, DATABASE_URL: 'postgres://ingress:hunter2@127.0.0.1/posthorn' }));
    expect(error.message).toContain('DATABASE_PASSWORD');
    expect(error.message).not.toContain('hunter2');
  });

  it('points at the line of a syntax mistake', () => {
    expect(mistakesOf(() => load('ingress:\n  a: [1\n')).mistakes[0]?.path).toMatch(/^line \d+, column \d+$/);
  });

  it('says what is missing when there is no file, or no section in it', () => {
    expect(mistakesOf(() => load('email: {}\n')).mistakes).toMatchObject([{ path: 'ingress', problem: 'this section is missing' }]);
    expect(mistakesOf(() => load(good, { ...surroundings, POSTHORN_CONFIG: '/nowhere.yaml' })).mistakes).toMatchObject([{ path: 'POSTHORN_CONFIG' }]);
    expect(mistakesOf(() => load(good, { ...surroundings, POSTHORN_CONFIG: '' })).mistakes[0]?.remedy).toContain('POSTHORN_CONFIG');
  });

  it('names what the service needs and does not have', () => {
    const file = join(folder, 'posthorn.yaml');
    writeFileSync(file, good);
    const options = { service: 'ingress', section, needs: ['database', 'nats'] as const };
    const error = mistakesOf(() => loadConfig({ ...options, env: { POSTHORN_CONFIG: file, PORT: '1', DATABASE_URL: '' } }));
    expect(error.mistakes.map(({ path }) => path)).toEqual(['DATABASE_URL', 'NATS_URL']);
    expect(loadConfig({ ...options, env: { POSTHORN_CONFIG: file, ...surroundings } }).database.url).toContain('ingress');
  });

  it('takes an empty variable for one that is not set', () => {
    expect(load(good, { ...surroundings, DATABASE_URL: '', LOG_LEVEL: '' })).toMatchObject({ database: undefined, logLevel: 'info' });
  });
});

describe('loadProvisioning', () => {
  it('reads the administrators\' access', () => {
    const env = { ADMIN_DATABASE_URL: 'postgres://postgres@127.0.0.1/posthorn', ADMIN_DATABASE_PASSWORD: 'a', DATABASE_PASSWORD: 'b', NATS_URL: 'nats://n:1', NATS_ADMIN_USER: 'c', NATS_ADMIN_PASSWORD: 'd' };
    expect(loadProvisioning({ env })).toEqual({
      adminDatabase: { url: 'postgres://postgres@127.0.0.1/posthorn', password: 'a' },
      rolePassword: 'b',
      nats: { servers: ['nats://n:1'], user: 'c', password: 'd' },
    });
  });

  it('lists everything that is not set', () => {
    expect(mistakesOf(() => loadProvisioning({ env: {} })).mistakes.map(({ path }) => path)).toEqual(['ADMIN_DATABASE_URL', 'NATS_URL']);
  });
});
