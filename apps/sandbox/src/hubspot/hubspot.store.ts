import type { Clock } from '../clock.js';
import { AssociationBook } from './association.book.js';
import { HubSpotError, invalidInput, notFound } from './hubspot.error.js';
import { LIFECYCLE, PropertyCatalogue } from './hubspot.properties.js';
import { OBJECT_TYPES, SINGULAR, type CrmObject, type ObjectType } from './hubspot.types.js';
import { checkedProperties, requireProperties } from './property.validation.js';
import { SearchIndex } from './search.index.js';

const FIRST_ID = 10_001;

interface Saved {
  nextId: number;
  objects: CrmObject[];
  properties: unknown;
  associations: unknown;
  blocked: string[];
}

/** What the simulated HubSpot holds: objects, their unique values, associations and property definitions. */
export class HubSpotStore {
  readonly properties = new PropertyCatalogue();
  readonly associations = new AssociationBook();
  readonly index: SearchIndex;
  private readonly objects = new Map<ObjectType, Map<string, CrmObject>>(OBJECT_TYPES.map((type) => [type, new Map()]));
  /** `contacts email ada@example.org` → id; rebuilt from the objects when they are loaded. */
  private readonly unique = new Map<string, string>();
  private readonly blocked = new Set<string>();
  private nextId = FIRST_ID;

  constructor(
    private readonly clock: Clock,
    searchLagMs: number,
    private readonly changed: () => void = () => undefined,
  ) {
    this.index = new SearchIndex(clock, searchLagMs);
  }

  all(type: ObjectType): CrmObject[] {
    return [...this.of(type).values()];
  }

  get(type: ObjectType, id: string, idProperty?: string): CrmObject {
    const object = this.find(type, id, idProperty);
    if (!object) throw notFound(`Object not found.  objectId are usually numeric.`);
    return object;
  }

  find(type: ObjectType, id: string, idProperty?: string): CrmObject | undefined {
    if (!idProperty || idProperty === 'hs_object_id') return this.of(type).get(id);
    this.requireUnique(type, idProperty, 'get');
    const owner = this.unique.get(uniqueKey(type, idProperty, id));
    return owner === undefined ? undefined : this.of(type).get(owner);
  }

  create(type: ObjectType, input: Record<string, unknown>): CrmObject {
    const properties = checkedProperties(this.properties, type, input);
    requireProperties(type, properties);
    this.refuseConflicts(type, properties);
    return this.put(type, properties);
  }

  update(type: ObjectType, id: string, input: Record<string, unknown>, idProperty?: string): CrmObject {
    const object = this.get(type, id, idProperty);
    const properties = checkedProperties(this.properties, type, input);
    this.refuseConflicts(type, properties, object.id);
    return this.put(type, properties, object);
  }

  /** All of the batch or nothing: whatever is wrong with one input refuses them all, as HubSpot does for contacts. */
  upsert(type: ObjectType, inputs: { id: string; idProperty: string; properties: Record<string, unknown> }[]): { object: CrmObject; isNew: boolean }[] {
    const planned = inputs.map(({ id, idProperty, properties: input }) => {
      this.requireUnique(type, idProperty, 'perform update/upsert by');
      const existing = this.find(type, id, idProperty);
      const properties = checkedProperties(this.properties, type, { [idProperty]: id, ...input });
      if (!existing) requireProperties(type, properties);
      this.refuseConflicts(type, properties, existing?.id);
      return { existing, properties };
    });
    return planned.map(({ existing, properties }) => ({
      object: this.put(type, properties, existing),
      isNew: existing === undefined,
    }));
  }

  remove(type: ObjectType, id: string): void {
    const object = this.of(type).get(id);
    if (!object) return;
    for (const name of this.properties.uniqueNames(type)) {
      const value = object.properties[name];
      if (value) this.unique.delete(uniqueKey(type, name, value));
    }
    this.of(type).delete(id);
    this.associations.forget({ type, id });
    this.index.remove(type, id);
    this.changed();
  }

  /** For good: a search that lags behind does not find it any more either. */
  erase(type: ObjectType, id: string): void {
    this.remove(type, id);
    this.index.forget(type, id);
  }

  /** Forgets the objects; property definitions stay, as they belong to the account and not to a test. */
  clear(): void {
    for (const objects of this.objects.values()) objects.clear();
    this.unique.clear();
    this.blocked.clear();
    this.associations.clear();
    this.index.reset([]);
    this.changed();
  }

  /** A GDPR deletion of an address HubSpot does not know blocks that address from ever becoming a contact. */
  block(email: string): void {
    this.blocked.add(email.toLowerCase());
    this.changed();
  }

  touch(): void {
    this.changed();
  }

  save(): Saved {
    return {
      nextId: this.nextId,
      objects: OBJECT_TYPES.flatMap((type) => this.all(type)),
      properties: this.properties.save(),
      associations: this.associations.save(),
      blocked: [...this.blocked],
    };
  }

  load(value: unknown): void {
    const saved = value as Saved;
    this.nextId = saved.nextId;
    this.properties.load(saved.properties);
    this.associations.load(saved.associations);
    for (const email of saved.blocked) this.blocked.add(email);
    for (const object of saved.objects) {
      this.of(object.type).set(object.id, object);
      this.claimUnique(object);
    }
    this.index.reset(saved.objects);
  }

  /** Replaces an object and never changes one: a search shows the earlier for a while, and need not copy it. */
  private put(type: ObjectType, properties: Record<string, string | null>, existing?: CrmObject): CrmObject {
    const now = new Date(this.clock.now()).toISOString();
    // Of two inputs of one batch the second changes what the first has made of it.
    const before = existing && (this.of(type).get(existing.id) ?? existing);
    if (before) this.releaseUnique(before, properties);
    const { id, createdAt } = before ?? { id: String(this.nextId++), createdAt: now };
    const kept = { ...before?.properties };
    for (const [name, value] of Object.entries(properties)) {
      if (name === 'lifecyclestage' && goesBack(kept[name], value)) continue;
      kept[name] = value;
    }
    kept['createdate'] = createdAt;
    kept['hs_object_id'] = id;
    kept[type === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate'] = now;
    const object: CrmObject = { id, type, properties: kept, createdAt, updatedAt: now };
    this.of(type).set(id, object);
    this.claimUnique(object);
    this.index.put(object);
    this.changed();
    return object;
  }

  private refuseConflicts(type: ObjectType, properties: Record<string, string | null>, except?: string): void {
    if (properties['email'] && this.blocked.has(properties['email'])) {
      throw invalidInput(`The e-mail address was deleted for good and cannot be used for a contact again.`);
    }
    for (const name of this.properties.uniqueNames(type)) {
      const value = properties[name];
      const owner = value ? this.unique.get(uniqueKey(type, name, value)) : undefined;
      if (owner === undefined || owner === except) continue;
      if (name === 'email') throw new HubSpotError(409, 'CONFLICT', `Contact already exists. Existing ID: ${owner}`);
      throw new HubSpotError(409, 'CONFLICT', `${name} must be unique: ${SINGULAR[type]} ${owner} already has that value.`, {
        errors: [{ message: `${owner} already has that value.`, code: 'CONFLICTING_UNIQUE_VALUE', context: { propertyName: [name] } }],
      });
    }
  }

  private requireUnique(type: ObjectType, name: string, attempt: string): void {
    if (!this.properties.find(type, name)?.hasUniqueValue) {
      throw invalidInput(`Unable to ${attempt} non-unique ${type} property ${name} in portal ID 4242`);
    }
  }

  private claimUnique(object: CrmObject): void {
    for (const name of this.properties.uniqueNames(object.type)) {
      const value = object.properties[name];
      if (value) this.unique.set(uniqueKey(object.type, name, value), object.id);
    }
  }

  private releaseUnique(object: CrmObject, changes: Record<string, string | null>): void {
    for (const name of this.properties.uniqueNames(object.type)) {
      const value = object.properties[name];
      if (value && name in changes) {
        const key = uniqueKey(object.type, name, value);
        if (this.unique.get(key) === object.id) this.unique.delete(key);
      }
    }
  }

  private of(type: ObjectType): Map<string, CrmObject> {
    const objects = this.objects.get(type);
    if (!objects) throw new RangeError(`No objects of type "${type}".`);
    return objects;
  }
}

/** A lifecycle stage only moves forward over the API; a step back is ignored without an error. */
function goesBack(from: string | null | undefined, to: string | null): boolean {
  return Boolean(from && to) && LIFECYCLE.indexOf(to ?? '') < LIFECYCLE.indexOf(from ?? '');
}

function uniqueKey(type: ObjectType, name: string, value: string): string {
  return `${type} ${name} ${name === 'email' ? value.trim().toLowerCase() : value}`;
}
