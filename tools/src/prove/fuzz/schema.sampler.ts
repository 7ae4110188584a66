import type { DescribedApi } from '@posthorn/testing';
import type { Random } from '../../drill/random.js';

interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  'x-personal'?: true;
}

/** Stands in personal values alone, and is looked for in refusals and logs. */
export const MARK = 'zq7mark';
const DEEPEST = 8;

/** Values that a schema lets through, and values at its very edges, on both sides. */
export class SchemaSampler {
  constructor(
    private readonly document: DescribedApi,
    private readonly random: Random,
  ) {}

  sample(given: Schema, depth = 0): unknown {
    const schema = this.resolved(given);
    const choices = schema.anyOf ?? schema.oneOf;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return this.random.pick(schema.enum);
    if (depth > DEEPEST) return null;
    const chosen = choices === undefined ? undefined : this.sample(this.random.pick(choices), depth + 1);
    if (schema.properties === undefined && chosen !== undefined) return chosen;
    const own = this.byType(schema, depth);
    // What alternatives say about some of the fields comes on top of what is said about all of them.
    return isObject(own) && isObject(chosen) ? { ...own, ...chosen } : own;
  }

  private byType(schema: Schema, depth: number): unknown {
    const type = Array.isArray(schema.type) ? this.random.pick(schema.type) : (schema.type ?? (schema.properties === undefined ? undefined : 'object'));
    switch (type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(schema.properties ?? {})
            .filter(([name]) => schema.required?.includes(name) === true || this.random.chance(0.4))
            .map(([name, field]) => [name, this.sample(field, depth + 1)]),
        );
      case 'array':
        return Array.from({ length: Math.min(this.edge(schema.minItems ?? 0, schema.maxItems ?? 3), 40) }, () => this.sample(schema.items ?? {}, depth + 1));
      case 'integer':
      case 'number':
        return this.edge(schema.minimum ?? -1, schema.maximum ?? 10);
      case 'boolean':
        return this.random.chance(0.5);
      case 'null':
        return null;
      case 'string':
        return this.text(schema);
      case undefined:
      default:
        return this.random.pick(['any', 1, true, null, ['any'], { a: 'any' }]);
    }
  }

  private text({ format, minLength = 0, maxLength = 40, 'x-personal': personal }: Schema): string {
    switch (format) {
      case 'email':
        return `${MARK}-${Math.floor(this.random.next() * 500)}@example.com`;
      case 'date-time':
        return new Date(this.random.between(0, 4e12)).toISOString();
      case 'uuid':
        return '01a20411-bb52-7584-acea-c9154f74b8bc';
      case 'uri':
        return 'https://www.example.com/x';
      case undefined:
      default:
        return (personal === true ? MARK : 'sample').padEnd(Math.min(this.edge(minLength, maxLength), 30_000), 'x').slice(0, Math.max(0, this.edge(minLength, maxLength)));
    }
  }

  /** A bound, one beyond it, or something between. */
  private edge(least: number, most: number): number {
    return this.random.pick([least, least, most, least - 1, most + 1, Math.floor(this.random.between(least, Math.min(most, least + 50)))]);
  }

  private resolved(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1);
    return name === undefined ? schema : (this.document.components.schemas?.[name] ?? {});
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
