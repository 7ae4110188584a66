import type { z } from 'zod';
import { ConfigurationError, type ConfigurationMistake } from './configuration.error.js';
import { isMapping, readConfigurationFile } from './configuration.file.js';
import { provisioningEnvironment, serviceEnvironment } from './environment.schema.js';
import { resolveReferences } from './reference.resolver.js';

export interface DatabaseAddress {
  url: string;
  password?: string;
}

export interface NatsAddress {
  servers: string[];
  user?: string;
  password?: string;
}

/** Everything a service may know about its surroundings, deep-frozen. */
export interface ServiceConfig<T> {
  service: string;
  http: { host: string; port: number };
  database?: DatabaseAddress;
  nats?: NatsAddress;
  logLevel: string;
  otlpEndpoint?: string;
  section: T;
}

/** What a provisioning step needs: administrators' access, and the password to give to the runtime role. */
export interface ProvisioningConfig {
  adminDatabase: DatabaseAddress;
  rolePassword?: string;
  nats: NatsAddress;
}

type Surroundings = 'database' | 'nats';

export interface LoadOptions<T, N extends Surroundings = never> {
  /** The service's name, which is also the name of its section. */
  service: string;
  /** Use strict objects, so that a misspelt key is a mistake rather than ignored. */
  section: z.ZodType<T>;
  env: NodeJS.ProcessEnv;
  /** What the service cannot do without; absent, it is a mistake like any other. */
  needs?: readonly N[];
}

/** Reads the environment and the service's section of the file. Throws ConfigurationError with every mistake of both. */
export function loadConfig<T, N extends Surroundings = never>(
  { service, section, env, needs = [] }: LoadOptions<T, N>,
): ServiceConfig<T> & Required<Pick<ServiceConfig<T>, N>> {
  const surroundings = serviceEnvironment.safeParse(withoutEmpty(env));
  const mistakes = surroundings.success ? [] : environmentMistakes(surroundings.error.issues, env);
  mistakes.push(...needs.flatMap((need) => unmetNeed(need, env)));
  const file = env['POSTHORN_CONFIG'] === '' ? undefined : env['POSTHORN_CONFIG'];
  const origin = file ?? 'the environment';
  const written = file === undefined ? undefined : readConfigurationFile(file)[service];
  const resolved = resolveReferences(written ?? {}, service, env);
  mistakes.push(...resolved.mistakes);
  const parsed = section.safeParse(resolved.value);
  if (!parsed.success) mistakes.push(...sectionMistakes(parsed.error.issues, service, { file, written, resolved: resolved.value }));
  if (!surroundings.success || !parsed.success || mistakes.length > 0) throw new ConfigurationError(origin, unique(mistakes));
  const { data } = surroundings;
  const config: ServiceConfig<T> = {
    service,
    http: { host: data.HOST, port: data.PORT },
    database: data.DATABASE_URL === undefined ? undefined : { url: data.DATABASE_URL, password: data.DATABASE_PASSWORD },
    nats: data.NATS_URL === undefined ? undefined : { servers: data.NATS_URL, user: data.NATS_USER, password: data.NATS_PASSWORD },
    logLevel: data.LOG_LEVEL,
    otlpEndpoint: data.OTEL_EXPORTER_OTLP_ENDPOINT,
    section: parsed.data,
  };
  // Each need was looked for above.
  return deepFrozen(config) as ServiceConfig<T> & Required<Pick<ServiceConfig<T>, N>>;
}

/** Reads what a provisioning step needs. Throws ConfigurationError with every mistake. */
export function loadProvisioning({ env = process.env }: { env?: NodeJS.ProcessEnv } = {}): ProvisioningConfig {
  const parsed = provisioningEnvironment.safeParse(withoutEmpty(env));
  if (!parsed.success) throw new ConfigurationError('the environment', environmentMistakes(parsed.error.issues, env));
  const { data } = parsed;
  return deepFrozen({
    adminDatabase: { url: data.ADMIN_DATABASE_URL, password: data.ADMIN_DATABASE_PASSWORD },
    rolePassword: data.DATABASE_PASSWORD,
    nats: { servers: data.NATS_URL, user: data.NATS_ADMIN_USER, password: data.NATS_ADMIN_PASSWORD },
  });
}

// Compose files and shells hand over unset variables as empty strings.
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function unmetNeed(need: Surroundings, env: NodeJS.ProcessEnv): ConfigurationMistake[] {
  const name = need === 'database' ? 'DATABASE_URL' : 'NATS_URL';
  return (env[name] ?? '') === '' ? [{ path: name, problem: 'is not set', remedy: `set ${name} where the service is started` }] : [];
}

function environmentMistakes(issues: readonly z.core.$ZodIssue[], env: NodeJS.ProcessEnv): ConfigurationMistake[] {
  return issues.map((issue) => {
    const name = String(issue.path[0]);
    return (env[name] ?? '') === '' ? { path: name, problem: 'is not set', remedy: `set ${name} where the service is started` } : { path: name, problem: issue.message };
  });
}

function sectionMistakes(
  issues: readonly z.core.$ZodIssue[],
  service: string,
  { file, written, resolved }: { file: string | undefined; written: unknown; resolved: unknown },
): ConfigurationMistake[] {
  if (written === undefined || written === null) {
    const remedy = file === undefined ? 'set POSTHORN_CONFIG to a YAML file that has it' : 'add it, as in the posthorn.yaml of the repository';
    return [{ path: service, problem: 'this section is missing', remedy }];
  }
  return issues.flatMap((issue) => {
    const path = dotted([service, ...issue.path]);
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: `${path}.${key}`, problem: 'is not a known setting', remedy: 'check its spelling' }));
    return [{ path, problem: isAbsent(resolved, issue.path) ? 'is missing' : issue.message.replace(/^Invalid input: /, '') }];
  });
}

function isAbsent(value: unknown, path: readonly PropertyKey[]): boolean {
  let at = value;
  for (const step of path) at = isMapping(at) || Array.isArray(at) ? Reflect.get(at, step) : undefined;
  return at === undefined;
}

function dotted(path: readonly PropertyKey[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('');
}

function unique(mistakes: readonly ConfigurationMistake[]): ConfigurationMistake[] {
  return [...new Map(mistakes.map((mistake) => [`${mistake.path}\0${mistake.problem}`, mistake])).values()];
}

function deepFrozen<V>(value: V): V {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value) && isPlain(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFrozen);
  }
  return value;
}

// A schema may make instances of classes; those are not ours to freeze.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
