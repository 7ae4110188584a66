import type { ObjectType } from './hubspot.types.js';
import { HubSpotError, invalidInput } from './hubspot.error.js';

export interface PropertyDefinition {
  name: string;
  label: string;
  type: 'string' | 'number' | 'datetime' | 'date' | 'enumeration' | 'bool' | 'phone_number';
  fieldType: string;
  groupName: string;
  description: string;
  hasUniqueValue: boolean;
  hubspotDefined: boolean;
  options: { label: string; value: string; hidden: boolean; displayOrder: number }[];
  modificationMetadata: { readOnlyValue: boolean };
}

const TYPES: PropertyDefinition['type'][] = ['string', 'number', 'datetime', 'date', 'enumeration', 'bool', 'phone_number'];
const UNIQUE_LIMIT = 10;

function builtIn(
  groupName: string,
  name: string,
  type: PropertyDefinition['type'] = 'string',
  extra: { unique?: boolean; readOnly?: boolean; options?: string[] } = {},
): PropertyDefinition {
  return {
    name,
    label: name,
    type,
    fieldType: type === 'enumeration' ? 'select' : type === 'string' ? 'text' : type,
    groupName,
    description: '',
    hasUniqueValue: extra.unique ?? false,
    hubspotDefined: true,
    options: (extra.options ?? []).map((value, index) => ({ label: value, value, hidden: false, displayOrder: index })),
    modificationMetadata: { readOnlyValue: extra.readOnly ?? false },
  };
}

const texts = (group: string, names: string[]): PropertyDefinition[] => names.map((name) => builtIn(group, name));
const kept = (group: string): PropertyDefinition[] => [
  builtIn(group, 'hs_object_id', 'number', { readOnly: true }),
  builtIn(group, 'hs_createdate', 'datetime', { readOnly: true }),
  builtIn(group, 'createdate', 'datetime', { readOnly: true }),
  builtIn(group, 'hs_lastmodifieddate', 'datetime', { readOnly: true }),
];

export const LIFECYCLE = [
  'subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity', 'customer', 'evangelist', 'other',
];
const DEAL_STAGES = [
  'appointmentscheduled', 'qualifiedtobuy', 'presentationscheduled', 'decisionmakerboughtin', 'contractsent',
  'closedwon', 'closedlost',
];

const BUILT_IN: Record<ObjectType, PropertyDefinition[]> = {
  contacts: [
    builtIn('contactinformation', 'email', 'string', { unique: true }),
    ...texts('contactinformation', [
      'firstname', 'lastname', 'phone', 'mobilephone', 'company', 'website', 'jobtitle', 'address', 'city', 'state',
      'zip', 'country', 'message', 'hs_language', 'hubspot_owner_id', 'hs_analytics_source_data_1',
    ]),
    builtIn('contactinformation', 'lifecyclestage', 'enumeration', { options: LIFECYCLE }),
    builtIn('contactinformation', 'hs_lead_status', 'enumeration', {
      options: ['NEW', 'OPEN', 'IN_PROGRESS', 'OPEN_DEAL', 'UNQUALIFIED', 'ATTEMPTED_TO_CONTACT', 'CONNECTED', 'BAD_TIMING'],
    }),
    builtIn('contactinformation', 'lastmodifieddate', 'datetime', { readOnly: true }),
    ...kept('contactinformation'),
  ],
  notes: [
    builtIn('note', 'hs_timestamp', 'datetime'),
    ...texts('note', ['hs_note_body', 'hubspot_owner_id', 'hs_attachment_ids', 'hs_unique_id']),
    ...kept('note'),
  ],
  deals: [
    ...texts('dealinformation', ['dealname', 'pipeline', 'description', 'dealtype', 'hubspot_owner_id', 'deal_currency_code']),
    builtIn('dealinformation', 'dealstage', 'enumeration', { options: DEAL_STAGES }),
    builtIn('dealinformation', 'amount', 'number'),
    builtIn('dealinformation', 'closedate', 'datetime'),
    ...kept('dealinformation'),
  ],
};

export interface PropertyGroup {
  name: string;
  label: string;
  displayOrder: number;
  archived: boolean;
}

interface PropertyIndex {
  byName: ReadonlyMap<string, PropertyDefinition>;
  unique: readonly string[];
}

function indexOf(custom: Record<ObjectType, PropertyDefinition[]>): Record<ObjectType, PropertyIndex> {
  const ofType = (type: ObjectType): PropertyIndex => {
    const all = [...BUILT_IN[type], ...custom[type]];
    return {
      byName: new Map(all.map((property) => [property.name, property])),
      unique: all.filter((property) => property.hasUniqueValue).map((property) => property.name),
    };
  };
  return { contacts: ofType('contacts'), notes: ofType('notes'), deals: ofType('deals') };
}

/** The properties an object type has: HubSpot's own (those that matter here) and those created over the API. */
export class PropertyCatalogue {
  private custom: Record<ObjectType, PropertyDefinition[]> = { contacts: [], notes: [], deals: [] };
  private customGroups: Record<ObjectType, PropertyGroup[]> = { contacts: [], notes: [], deals: [] };

  /** Asked several times for each property of each call, and changed nearly never. */
  private index = indexOf(this.custom);

  list(type: ObjectType): PropertyDefinition[] {
    return [...this.index[type].byName.values()];
  }

  find(type: ObjectType, name: string): PropertyDefinition | undefined {
    return this.index[type].byName.get(name);
  }

  uniqueNames(type: ObjectType): readonly string[] {
    return this.index[type].unique;
  }

  groups(type: ObjectType): PropertyGroup[] {
    const own = [...new Set(BUILT_IN[type].map(({ groupName }) => groupName))];
    return [...own.map((name) => ({ name, label: name, displayOrder: -1, archived: false })), ...this.customGroups[type]];
  }

  createGroup(type: ObjectType, name: string, label: string): PropertyGroup {
    if (this.groups(type).some((group) => group.name === name)) {
      throw new HubSpotError(409, 'OBJECT_ALREADY_EXISTS', `A property group named '${name}' already exists.`);
    }
    const group = { name, label, displayOrder: -1, archived: false };
    this.customGroups[type].push(group);
    return group;
  }

  create(type: ObjectType, input: Record<string, unknown>): PropertyDefinition {
    for (const required of ['name', 'label', 'type', 'fieldType', 'groupName']) {
      if (typeof input[required] !== 'string' || input[required] === '') {
        throw invalidInput(`Invalid input JSON: some required fields were not set: [${required}]`);
      }
    }
    const name = String(input['name']);
    const valueType = TYPES.find((candidate) => candidate === input['type']);
    if (!/^[a-z][a-z0-9_]{0,99}$/.test(name)) {
      throw invalidInput(`Property name "${name}" is invalid: use lower-case letters, numbers and underscores, a letter first.`);
    }
    if (!valueType) throw invalidInput(`Invalid property type "${String(input['type'])}".`);
    if (!this.groups(type).some((group) => group.name === input['groupName'])) {
      throw invalidInput(`Property group "${String(input['groupName'])}" does not exist.`);
    }
    if (this.find(type, name)) {
      throw new HubSpotError(409, 'OBJECT_ALREADY_EXISTS', `A property named '${name}' already exists.`, {
        context: { name: [name] },
        subCategory: 'Properties.PROPERTY_EXISTS',
      });
    }
    const unique = input['hasUniqueValue'] === true;
    if (unique && valueType !== 'string' && valueType !== 'number') {
      throw invalidInput('Unique values are possible for properties of type string and number only.');
    }
    if (unique && this.custom[type].filter((property) => property.hasUniqueValue).length >= UNIQUE_LIMIT) {
      throw invalidInput(`An object type can have at most ${UNIQUE_LIMIT} unique properties.`);
    }
    const definition: PropertyDefinition = {
      ...builtIn(String(input['groupName']), name, valueType, { unique }),
      label: String(input['label']),
      fieldType: String(input['fieldType']),
      description: typeof input['description'] === 'string' ? input['description'] : '',
      hubspotDefined: false,
      options: Array.isArray(input['options']) ? (input['options'] as PropertyDefinition['options']) : [],
    };
    this.custom[type].push(definition);
    this.index = indexOf(this.custom);
    return definition;
  }

  remove(type: ObjectType, name: string): boolean {
    const before = this.custom[type].length;
    this.custom[type] = this.custom[type].filter((property) => property.name !== name);
    this.index = indexOf(this.custom);
    return this.custom[type].length < before;
  }

  save(): unknown {
    return { properties: this.custom, groups: this.customGroups };
  }

  load(value: unknown): void {
    const saved = value as { properties: Record<ObjectType, PropertyDefinition[]>; groups: Record<ObjectType, PropertyGroup[]> };
    this.custom = saved.properties;
    this.index = indexOf(this.custom);
    this.customGroups = saved.groups;
  }
}
