import { invalidProperties, type InvalidProperty } from './hubspot.error.js';
import type { PropertyCatalogue, PropertyDefinition } from './hubspot.properties.js';
import type { ObjectType } from './hubspot.types.js';

const EMAIL = /^[^\s@<>(),;:"[\]]+@[^\s@.<>(),;:"[\]]+(\.[^\s@.<>(),;:"[\]]+)+$/;
const MAX_LENGTH = 65_536;

/**
 * Checks the values as HubSpot does and returns them as it stores them: strings, e-mail in lower case, '' as null.
 * Throws one 400 that names every wrong property.
 */
export function checkedProperties(
  catalogue: PropertyCatalogue,
  type: ObjectType,
  input: Record<string, unknown>,
): Record<string, string | null> {
  const invalid: InvalidProperty[] = [];
  const checked: Record<string, string | null> = {};
  for (const [name, raw] of Object.entries(input)) {
    const definition = catalogue.find(type, name);
    if (!definition) {
      invalid.push(wrong(name, 'PROPERTY_DOESNT_EXIST', `Property "${name}" does not exist`));
    } else if (definition.modificationMetadata.readOnlyValue) {
      invalid.push(wrong(name, 'READ_ONLY_VALUE', `"${name}" is a read only property; its value cannot be set.`));
    } else if (raw !== null && typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') {
      invalid.push(wrong(name, 'INVALID_TYPE', `"${name}" must be a string.`));
    } else {
      const value = raw === null || raw === '' ? null : String(raw);
      const problem = value === null ? undefined : problemOf(definition, value);
      if (problem) invalid.push(problem);
      else checked[name] = value === null ? null : stored(definition, value);
    }
  }
  if (invalid.length > 0) throw invalidProperties(invalid);
  return checked;
}

export function requireProperties(type: ObjectType, properties: Record<string, string | null>): void {
  const required = type === 'notes' ? ['hs_timestamp'] : [];
  const missing = required.filter((name) => !properties[name]);
  if (missing.length > 0) {
    throw invalidProperties(missing.map((name) => wrong(name, 'REQUIRED_PROPERTY', `Required property "${name}" was not set`)));
  }
}

function problemOf(definition: PropertyDefinition, value: string): InvalidProperty | undefined {
  const { name } = definition;
  if (value.length > MAX_LENGTH) {
    return wrong(name, 'PROPERTY_VALUE_TOO_LONG', `"${name}" is longer than ${MAX_LENGTH} characters.`);
  }
  if (name === 'email' && !EMAIL.test(value)) return wrong(name, 'INVALID_EMAIL', `Email address ${value} is invalid`);
  switch (definition.type) {
    case 'number':
      return Number.isFinite(Number(value)) && value.trim() !== ''
        ? undefined
        : wrong(name, 'INVALID_INTEGER', `${value} was not a valid number.`);
    case 'datetime':
    case 'date':
      return Number.isNaN(instant(value)) ? wrong(name, 'INVALID_DATE', `${value} was not a valid date.`) : undefined;
    case 'bool':
      return value === 'true' || value === 'false'
        ? undefined
        : wrong(name, 'INVALID_BOOLEAN', `${value} was not a valid boolean.`);
    case 'enumeration':
      return definition.options.some((option) => option.value === value)
        ? undefined
        : wrong(name, 'INVALID_OPTION', `${value} was not one of the allowed options: [${definition.options.map((option) => option.value).join(', ')}]`);
    case 'string':
    case 'phone_number':
      return undefined;
  }
}

function stored(definition: PropertyDefinition, value: string): string {
  if (definition.name === 'email') return value.toLowerCase();
  if (definition.type === 'datetime') return new Date(instant(value)).toISOString();
  return value;
}

/** HubSpot takes dates as ISO 8601 or as milliseconds since 1970. */
function instant(value: string): number {
  return /^-?\d+$/.test(value) ? Number(value) : Date.parse(value);
}

function wrong(name: string, error: string, message: string): InvalidProperty {
  return { isValid: false, message, error, name, localizedErrorMessage: message };
}
