import { guardOptions, type GuardSettings } from '@posthorn/resilience';
import { z } from 'zod';
import { requiredPurposes, type RequiredPurposes } from './consent/required.purposes.js';
import { OWN_TABLES } from './erasure/erasure.names.js';
import { type ProviderDefinition } from './provider.definition.js';
import { retryPolicy, type RetrySettings } from './retry.policy.js';

/** One configured provider account of one site. */
export interface ConnectionConfig<O = unknown> {
  readonly id: string;
  readonly site: string;
  readonly provider: string;
  readonly guard?: GuardSettings;
  readonly retry?: RetrySettings;
  /** Without it, the connection is told of everybody. */
  readonly purposes?: RequiredPurposes;
  /** The provider's own options, already validated by its schema. */
  readonly options: O;
}

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63');

/**
 * The schema of a service's `connections:`. The provider's own options stand beside those of every connection;
 * they are validated by the provider's schema, and a mistake is reported at its path.
 */
export function connectionSchema(
  providers: readonly ProviderDefinition<unknown>[],
): z.ZodType<ConnectionConfig[], unknown[]> {
  const definitions = new Map(providers.map((definition) => [definition.name, definition]));
  const connection = z
    .looseObject({
      id: name.refine((id) => id !== OWN_TABLES, `must not be "${OWN_TABLES}", which stands for the service's own tables`),
      site: name,
      provider: z.enum(providers.map((definition) => definition.name)),
      guard: guardOptions.optional(),
      retry: retryPolicy.optional(),
      purposes: requiredPurposes.optional(),
    })
    .transform((value, context): ConnectionConfig => {
      const { id, site, provider, guard, retry, purposes, ...rest } = value;
      const schema = definitions.get(provider)?.options ?? z.strictObject({});
      const options = (schema instanceof z.ZodObject ? schema.strict() : schema).safeParse(rest);
      if (!options.success) {
        for (const issue of options.error.issues) context.issues.push({ ...issue, input: rest } as never);
        return z.NEVER;
      }
      return { id, site, provider, guard, retry, purposes, options: options.data };
    });
  return z.array(connection).superRefine((connections, context) => {
    const seen = new Set<string>();
    connections.forEach(({ id }, index) => {
      if (seen.has(id)) {
        context.addIssue({ code: 'custom', path: [index, 'id'], message: `the id "${id}" is used by another connection` });
      }
      seen.add(id);
    });
  });
}
