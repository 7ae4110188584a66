import { WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import { z } from 'zod';
import { CONVERSIONS } from './conversions.js';

const FORBIDDEN = /(?:^|\/)(?:__proto__|constructor|prototype)(?:\/|$)/;

/** RFC 6901. */
const pointer = z
  .string()
  .max(500)
  .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'must be a JSON pointer such as /billing/email, or empty for the whole')
  .refine((text) => !FORBIDDEN.test(text), 'must not lead through a prototype');

const scalar = z.union([z.string().max(1_000), z.number(), z.boolean()]);

/** One pointer, or several of which the first that leads to something counts. */
const places = z.union([pointer, z.array(pointer).min(1).max(10)]);

const taken = z.strictObject({
  from: places,
  as: z.enum(CONVERSIONS).optional(),
  /** Where the currency stands, for `as: minor-units`. */
  currency: pointer.optional(),
  /** Where nothing is there. */
  default: scalar.optional(),
});
const joined = z.strictObject({ join: z.array(pointer).min(1).max(10), with: z.string().max(10).default(' ') });
const fixed = z.strictObject({ value: scalar });
const single = z.union([places, taken, joined, fixed]);
/** The same for every item of a list; pointers in it start at the item. */
const listed = z.strictObject({ each: pointer, data: z.record(pointer, single) });
const value = z.union([places, taken, joined, fixed, listed]);

const condition = z.union([z.enum(['present', 'absent']), z.strictObject({ is: z.array(scalar).min(1).max(50) })]);

/** Makes one event of a delivery whose topic and conditions it names. Data, so that nobody has to trust code with a payload. */
export const mappingRule = z.strictObject({
  /** Of the sender; every one where none is named. */
  topic: z.union([z.string().min(1).max(200), z.array(z.string().min(1).max(200)).min(1).max(50)]).optional(),
  /** Each pointer must lead to this. */
  when: z.record(pointer, condition).default({}),
  type: z.enum(WEBSITE_EVENT_TYPES),
  /** When it happened; when it came, unless given. */
  time: single.optional(),
  /** One event of this type for these values, whichever delivery says so first; without it, one for each delivery. */
  once: z.array(places).min(1).max(5).optional(),
  /** The sender gives a thing a new id now and then: where ours, the first, belongs in the data, and where its ids stand. */
  lineage: z.strictObject({ to: pointer, id: pointer, follows: pointer.optional() }).optional(),
  data: z.record(pointer, value),
});

export type Places = z.infer<typeof places>;
export type SingleValue = z.infer<typeof single>;
export type MappedValue = z.infer<typeof value>;
export type MappingRule = z.infer<typeof mappingRule>;
/** As it is written, with what may be left out left out. */
export type WrittenRule = z.input<typeof mappingRule>;
