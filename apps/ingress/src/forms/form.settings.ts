import { type WebsiteEventType, WEBSITE_EVENT_TYPES } from '@posthorn/contracts';
import { isTrustworthyUrl } from '@posthorn/http';
import { z } from 'zod';
import { type SpamSettings, spamSettings } from '../spam/spam.settings.js';
import { LANGUAGES } from '../pages/page.language.js';

export const FORM_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A place in the event's data. Names that could change an object's prototype are no places. */
const pointer = z
  .string()
  .max(500)
  .regex(/^(?:\/(?!(?:__proto__|constructor|prototype)(?:\/|$))[^/]+){1,8}$/, 'must be a JSON pointer into the data, such as /person/email');

const field = z.discriminatedUnion('as', [
  z.strictObject({
    as: z.enum(['text', 'list', 'number', 'boolean']),
    to: pointer,
    /** What the page with mistakes calls it; made of its name unless given. */
    label: z.string().min(1).max(100).optional(),
    required: z.boolean().default(false),
  }),
  z.strictObject({
    as: z.literal('consent'),
    to: pointer.default('/consent'),
    label: z.string().min(1).max(100).optional(),
    required: z.boolean().default(false),
    /** What whoever ticks the box agrees to, and in which wording. */
    purposes: z.array(z.string().min(1).max(100)).min(1).max(50),
    wordingVersion: z.string().min(1).max(100),
  }),
]);

const mapped = z.preprocess((given) => {
  if (typeof given === 'string') return { as: 'text', to: given };
  return typeof given === 'object' && given !== null ? { as: 'text', ...given } : given;
}, field);

const constant = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

/** As a browser sends it in `Origin`; "null" is what it sends from a page with the policy "no-referrer". */
const origin = z.union([z.literal('null'), z.url({ protocol: /^https?$/ }).refine((url) => URL.parse(url)?.origin === url, 'must be scheme and host, such as https://acme.example')]);

export const formSettings = z
  .strictObject({
    type: z.enum(WEBSITE_EVENT_TYPES as [WebsiteEventType, ...WebsiteEventType[]]),
    /** Of its pages; the first is where our pages lead back to. */
    origins: z.array(origin).min(1),
    fields: z.record(z.string().min(1).max(200), mapped).default({}),
    constants: z.record(pointer, constant).default({}),
    /** Fields that are dropped, such as that of a button. */
    ignore: z.array(z.string()).default([]),
    thanks: z.string().optional(),
    language: z.enum(LANGUAGES).optional(),
    /** Instead of the site's. */
    spam: spamSettings.optional(),
  })
  .superRefine(({ fields, constants, thanks, origins }, context) => {
    const wrong = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
    if (thanks !== undefined && !(isTrustworthyUrl(thanks) && origins.includes(new URL(thanks).origin))) {
      wrong(['thanks'], 'must be an https address at one of the origins');
    }
    const kinds = new Map<string, string>();
    for (const [name, { to, as }] of Object.entries(fields)) {
      if (name.startsWith('_')) wrong(['fields', name], 'begins with an underscore, as only fields for Posthorn itself do');
      const inhabited = Object.keys(constants).find((taken) => overlap(taken, to) || taken === to) ?? [...kinds.keys()].find((taken) => overlap(taken, to));
      if (inhabited !== undefined) wrong(['fields', name], `goes where ${inhabited} is already`);
      if (kinds.has(to) && (kinds.get(to) !== as || (as !== 'text' && as !== 'consent'))) wrong(['fields', name], `cannot be joined with another at ${to}: both must be text, or both consent`);
      kinds.set(to, as);
    }
    const wordings = new Set(Object.values(fields).flatMap((one) => (one.as === 'consent' ? [one.wordingVersion] : [])));
    if (wordings.size > 1) wrong(['fields'], 'name several wordings of consent; a form shows one');
  });

export type FormSettings = z.infer<typeof formSettings>;
export type FieldSettings = FormSettings['fields'][string];

/** A form of a site, as it is declared. */
export interface Form {
  /** `<site>.<name>`, unique everywhere: the address has it. */
  readonly id: string;
  readonly site: string;
  readonly siteName: string;
  readonly name: string;
  readonly settings: FormSettings;
  /** Undefined where nothing is to be held. */
  readonly spam: SpamSettings | undefined;
}

export const FORMS = Symbol('FORMS');

/** Every declared form, by its id. */
export type Forms = ReadonlyMap<string, Form>;

interface SiteWithForms {
  name: string;
  forms: Record<string, FormSettings>;
  spam?: SpamSettings | undefined;
}

export function formsOf(sites: Readonly<Record<string, SiteWithForms>>): Forms {
  const forms = Object.entries(sites).flatMap(([site, { name: siteName, forms: declared, spam }]) =>
    Object.entries(declared).map(([name, settings]): Form => ({ id: `${site}.${name}`, site, siteName, name, settings, spam: settings.spam ?? spam })),
  );
  return new Map(forms.map((form) => [form.id, form]));
}

function overlap(a: string, b: string): boolean {
  return a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
