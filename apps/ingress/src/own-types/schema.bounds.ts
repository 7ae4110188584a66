const BYTES_MAX = 65_536;
/** A schema that is compared with a text of strangers must not take long, whoever wrote it. */
const PARTS_MAX = 1_000;
const ITEMS_MAX = 1_000;
const PATTERN_MAX = 500;
const LOCAL_REF = /^#\/\$defs\/([A-Za-z0-9_-]+)$/;

const KEYWORDS = new Set([
  '$schema', '$id', '$defs', '$ref', '$comment', 'title', 'description', 'examples', 'default',
  'type', 'enum', 'const', 'properties', 'required', 'additionalProperties', 'items', 'minItems', 'maxItems', 'uniqueItems', 'anyOf', 'oneOf', 'allOf',
  'minLength', 'maxLength', 'pattern', 'format', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minProperties', 'maxProperties',
]);

type Schema = Record<string, unknown>;

/** Why a JSON Schema is more than a site may ask for; undefined if it is not. */
export function boundsBroken(schema: unknown): string | undefined {
  if (!isSchema(schema) || schema['type'] !== 'object') return 'must be a JSON Schema with type: object';
  if (Buffer.byteLength(JSON.stringify(schema)) > BYTES_MAX) return `must have at most ${BYTES_MAX} bytes`;
  const definitions = isSchema(schema['$defs']) ? schema['$defs'] : {};
  let parts = 0;
  // Follows every $ref each time it is met: what refers to itself is never done, and shows as too many parts.
  const look = (at: unknown): string | undefined => {
    if (!isSchema(at)) return typeof at === 'boolean' ? undefined : 'has a part that is no JSON Schema';
    parts += 1;
    if (parts > PARTS_MAX) return `unfolds into more than ${PARTS_MAX} parts, as one does with a $ref that leads back to itself`;
    return keywordBroken(at) ?? first(partsOf(at, definitions), look);
  };
  return look(schema);
}

function keywordBroken(schema: Schema): string | undefined {
  const unknown = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
  if (unknown !== undefined) return `uses "${unknown}"; known are ${[...KEYWORDS].join(', ')}`;
  const { $ref, pattern, items, maxItems, additionalProperties } = schema;
  if ($ref !== undefined && (typeof $ref !== 'string' || !LOCAL_REF.test($ref))) return 'has a $ref that does not lead to #/$defs/<name>';
  if (typeof pattern === 'string' && pattern.length > PATTERN_MAX) return `has a pattern of more than ${PATTERN_MAX} characters`;
  if ((items !== undefined || schema['uniqueItems'] !== undefined) && !(typeof maxItems === 'number' && maxItems <= ITEMS_MAX)) return `has a list without maxItems of at most ${ITEMS_MAX}`;
  if (additionalProperties !== undefined && typeof additionalProperties !== 'boolean') return 'has additionalProperties other than true or false';
  return undefined;
}

function partsOf(schema: Schema, definitions: Schema): unknown[] {
  const { $ref, properties, items, anyOf = [], oneOf = [], allOf = [] } = schema;
  const name = typeof $ref === 'string' ? LOCAL_REF.exec($ref)?.[1] : undefined;
  const referred = name === undefined ? [] : [Object.hasOwn(definitions, name) ? definitions[name] : undefined];
  const below = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : [undefined]));
  return [...referred, ...(isSchema(properties) ? Object.values(properties) : []), ...(items === undefined ? [] : [items]), ...below];
}

function first<T, R>(values: readonly T[], look: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = look(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
