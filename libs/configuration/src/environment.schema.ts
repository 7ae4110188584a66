import { z } from 'zod';

const url = (schemes: readonly string[], example: string): z.ZodType<string> =>
  z.string().refine(
    (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol),
    `must be a URL such as ${example}`,
  );

const withoutPassword = (schema: z.ZodType<string>, variable: string): z.ZodType<string> =>
  schema.refine((text) => !URL.canParse(text) || new URL(text).password === '', {
    error: `must not contain a password; give it in ${variable}`,
  });

const databaseUrl = (variable: string): z.ZodType<string> =>
  withoutPassword(url(['postgres:', 'postgresql:'], 'postgres://role@127.0.0.1:5432/posthorn'), variable);

const servers = z
  .string()
  .transform((text) => text.split(',').map((server) => server.trim()).filter((server) => server !== ''))
  .pipe(z.array(z.string().refine((text) => URL.canParse(text.includes('://') ? text : `nats://${text}`), 'must be a list such as nats://127.0.0.1:4222')).min(1));

/** What a running service reads from its environment. */
export const serviceEnvironment = z.object({
  POSTHORN_CONFIG: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number')
    .transform(Number)
    .pipe(z.int().max(65_535, 'must be a port number')),
  DATABASE_URL: databaseUrl('DATABASE_PASSWORD').optional(),
  DATABASE_PASSWORD: z.string().optional(),
  NATS_URL: servers.optional(),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: z.string().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'must be one of fatal, error, warn, info, debug, trace, silent').default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http:', 'https:'], 'http://127.0.0.1:4318').optional(),
});

/** What a provisioning step reads from its environment. */
export const provisioningEnvironment = z.object({
  ADMIN_DATABASE_URL: databaseUrl('ADMIN_DATABASE_PASSWORD'),
  ADMIN_DATABASE_PASSWORD: z.string().optional(),
  DATABASE_PASSWORD: z.string().optional(),
  NATS_URL: servers,
  NATS_ADMIN_USER: z.string().optional(),
  NATS_ADMIN_PASSWORD: z.string().optional(),
});
