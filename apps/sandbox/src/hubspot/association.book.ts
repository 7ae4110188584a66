import type { ObjectType } from './hubspot.types.js';

export interface AssociationSpec {
  associationCategory: 'HUBSPOT_DEFINED' | 'USER_DEFINED' | 'INTEGRATOR_DEFINED';
  associationTypeId: number;
}

export interface Reference {
  type: ObjectType;
  id: string;
}

/** HubSpot's own unlabelled association types, by direction. */
const DEFAULT_TYPE_IDS: Partial<Record<`${ObjectType}>${ObjectType}`, number>> = {
  'contacts>contacts': 449,
  'contacts>deals': 4,
  'deals>contacts': 3,
  'contacts>notes': 201,
  'notes>contacts': 202,
  'deals>notes': 213,
  'notes>deals': 214,
};

export function defaultSpec(from: ObjectType, to: ObjectType): AssociationSpec | undefined {
  const associationTypeId = DEFAULT_TYPE_IDS[`${from}>${to}`];
  return associationTypeId === undefined ? undefined : { associationCategory: 'HUBSPOT_DEFINED', associationTypeId };
}

/** Which object is associated with which; every association is kept in both directions. */
export class AssociationBook {
  private links = new Map<string, Map<string, AssociationSpec[]>>();

  associate(from: Reference, to: Reference, spec: AssociationSpec): void {
    this.add(from, to, spec);
    this.add(to, from, defaultSpec(to.type, from.type) ?? spec);
  }

  dissociate(from: Reference, to: Reference): void {
    this.links.get(key(from))?.delete(key(to));
    this.links.get(key(to))?.delete(key(from));
  }

  of(from: Reference, type: ObjectType): { id: string; specs: AssociationSpec[] }[] {
    const prefix = `${type}:`;
    return [...(this.links.get(key(from)) ?? [])]
      .filter(([to]) => to.startsWith(prefix))
      .map(([to, specs]) => ({ id: to.slice(prefix.length), specs }));
  }

  forget(object: Reference): void {
    for (const to of this.links.get(key(object))?.keys() ?? []) this.links.get(to)?.delete(key(object));
    this.links.delete(key(object));
  }

  clear(): void {
    this.links.clear();
  }

  save(): unknown {
    return [...this.links].map(([from, to]) => [from, [...to]]);
  }

  load(value: unknown): void {
    this.links = new Map((value as [string, [string, AssociationSpec[]][]][]).map(([from, to]) => [from, new Map(to)]));
  }

  private add(from: Reference, to: Reference, spec: AssociationSpec): void {
    const [source, target] = [key(from), key(to)];
    const targets = this.links.get(source) ?? new Map<string, AssociationSpec[]>();
    const specs = targets.get(target) ?? [];
    if (!specs.some((known) => known.associationTypeId === spec.associationTypeId)) specs.push(spec);
    targets.set(target, specs);
    this.links.set(source, targets);
  }
}

function key(reference: Reference): string {
  return `${reference.type}:${reference.id}`;
}
