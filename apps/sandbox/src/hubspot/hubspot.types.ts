export const OBJECT_TYPES = ['contacts', 'notes', 'deals'] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];

export interface CrmObject {
  id: string;
  type: ObjectType;
  properties: Record<string, string | null>;
  createdAt: string;
  updatedAt: string;
}

/** An object as the API answers it. */
export interface ObjectAnswer {
  id: string;
  properties: Record<string, string | null>;
  createdAt: string;
  updatedAt: string;
  archived: boolean;
  new?: boolean;
  objectWriteTraceId?: string;
  associations?: Record<string, { results: { id: string; type: string }[] }>;
}

export interface CallRecord {
  method: string;
  path: string;
  /** null while unanswered, and for ever when the connection was cut before an answer. */
  status: number | null;
  traceparent?: string;
  at: string;
}

const ALIASES: Record<string, ObjectType> = {
  contacts: 'contacts', contact: 'contacts', '0-1': 'contacts',
  deals: 'deals', deal: 'deals', '0-3': 'deals',
  notes: 'notes', note: 'notes', '0-46': 'notes',
};

export function objectTypeOf(name: string): ObjectType | undefined {
  return ALIASES[name.toLowerCase()];
}

export const SINGULAR: Record<ObjectType, string> = { contacts: 'contact', notes: 'note', deals: 'deal' };
