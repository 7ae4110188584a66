import { escapeHtml } from '../escape.html.js';
import type { JsonSchema } from './operation.js';

/** Deeper than any body of ours; what goes on beyond is named only. */
const DEEPEST = 6;

/** A schema for people: what it is in a line, and its fields below it. */
export function schemaView(schema: JsonSchema, depth = 0): string {
  const { properties, required = [], items } = schema as { properties?: Record<string, JsonSchema>; required?: string[]; items?: JsonSchema };
  const alternatives = alternativesOf(schema);
  const inner = [
    ...Object.entries(properties ?? {}).map(([name, field]) => `<li><code>${escapeHtml(name)}</code>${required.includes(name) ? '' : ' <span class="soft">(optional)</span>'} ${schemaView(field, depth + 1)}</li>`),
    ...(items !== undefined && hasFields(items) ? [`<li><span class="soft">each:</span> ${schemaView(items, depth + 1)}</li>`] : []),
    ...alternatives.filter(hasFields).map((one) => `<li>${schemaView(one, depth + 1)}</li>`),
  ];
  const head = headOf(schema);
  if (inner.length === 0 || depth >= DEEPEST) return head;
  const fields = `<ul class="fields">${inner.join('')}</ul>`;
  return depth === 0 ? `${head}${fields}` : `<details><summary>${head}</summary>${fields}</details>`;
}

/** What it is, in words: `text, at most 200 characters`. */
export function headOf(schema: JsonSchema): string {
  const { description } = schema;
  const said = typeof description === 'string' ? ` ${escapeHtml(description)}` : '';
  return `<span class="soft">${kindOf(schema)}</span>${said}`;
}

function kindOf(schema: JsonSchema): string {
  const { $ref, type, format, title, items, const: only, enum: values, default: otherwise } = schema as Record<string, unknown> & { type?: string | string[] };
  if (typeof $ref === 'string') return `<a href="#${escapeHtml(anchorOf($ref))}">${escapeHtml($ref.split('/').at(-1) ?? '')}</a>`;
  const alternatives = alternativesOf(schema);
  const kind =
    only !== undefined
      ? code(only)
      : Array.isArray(values)
        ? values.map(code).join(' | ')
        : alternatives.length > 0
          ? alternatives.map(kindOf).join(' or ')
          : typeof items === 'object' && items !== null
            ? `list of ${kindOf(items as JsonSchema)}`
            : escapeHtml([title, [type ?? (title === undefined ? 'anything' : undefined)].flat().join(' or '), format].filter((word) => word !== undefined && word !== '').join(', '));
  const bounds = Object.entries(BOUNDS).flatMap(([name, words]) => (typeof schema[name] === 'number' ? [`${words} ${schema[name]}`] : []));
  return [kind, ...bounds, ...(otherwise === undefined ? [] : [`otherwise ${code(otherwise)}`])].join(', ');
}

const BOUNDS: Record<string, string> = { minimum: 'from', maximum: 'to', minLength: 'length from', maxLength: 'length to', minItems: 'items from', maxItems: 'items to' };

function alternativesOf(schema: JsonSchema): JsonSchema[] {
  const { anyOf, oneOf, allOf } = schema as Record<string, JsonSchema[] | undefined>;
  return anyOf ?? oneOf ?? allOf ?? [];
}

const hasFields = (schema: JsonSchema): boolean => schema['properties'] !== undefined || schema['items'] !== undefined || alternativesOf(schema).some(hasFields);

export const anchorOf = (ref: string): string => `schema-${ref.split('/').at(-1) ?? ''}`;

const code = (value: unknown): string => `<code>${escapeHtml(JSON.stringify(value))}</code>`;
