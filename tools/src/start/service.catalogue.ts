import type { ServiceAccess } from '@posthorn/messaging';

export interface ServiceEntry<Name extends string = ServiceName> {
  /** Of its folder in apps/ and of its section in posthorn.yaml. */
  name: Name;
  /** Counted from the port base; port.plan.ts has the others. */
  port: number;
  /** Its role and schema in Postgres; console and sandbox have none. */
  role?: string;
  /** What it may do on NATS; the sandbox has no access. */
  access?: ServiceAccess;
}

const DELIVERIES_OF_EVENT = 'posthorn.deliveries.of-event';
/** What a service would do about an event that does not exist; only ingress asks. */
const MAPPING_PREVIEW = 'posthorn.mapping.preview';
/** What operators ask and order; only the console may. */
const OPERATIONS = 'posthorn.operations.*';

/** Who publishes answers what others have missed, and nobody else may answer in its name. */
const ledgerAnswers = (publisher: string): string[] => ['posthorn.ledger.publishers', `posthorn.ledger.*.${publisher}`];

/** What the books are made of; only audit asks. */
const BOOKS_KEPT = 'posthorn.books.kept';
const BOOKS_ACCEPTED = 'posthorn.books.accepted';
const bookIds = (name: string): string => `posthorn.books.ids.${name}`;

/** Whose keys count at which service, beside ingress. */
const AUDITOR_KEYS = 'posthorn.keys.auditor';
const OPERATOR_KEYS = 'posthorn.keys.operator';

const service = <const Name extends string>(entry: ServiceEntry<Name>): ServiceEntry<Name> => entry;

const integration = <const Name extends string>(name: Name, { role, port }: { role: string; port: number }): ServiceEntry<Name> => ({
  name,
  port,
  role,
  access: {
    name,
    publishes: [`outcomes.${name}.>`],
    consumes: [{ stream: 'EVENTS', durable: name }],
    asks: ['posthorn.ledger.*.ingress'],
    answers: [DELIVERIES_OF_EVENT, MAPPING_PREVIEW, OPERATIONS, BOOKS_KEPT, bookIds(name), ...ledgerAnswers(name)],
  },
});

const catalogue = [
  service({
    name: 'ingress',
    port: 0,
    role: 'ingress',
    access: {
      name: 'ingress',
      publishes: ['events.>'],
      consumes: [],
      owns: ['EVENTS'],
      erases: ['EVENTS'],
      lists: ['EVENTS'],
      asks: [DELIVERIES_OF_EVENT, MAPPING_PREVIEW],
      answers: [BOOKS_ACCEPTED, bookIds('ingress'), AUDITOR_KEYS, OPERATOR_KEYS, ...ledgerAnswers('ingress')],
    },
  }),
  integration('crm-sync', { role: 'crm', port: 3 }),
  integration('email', { role: 'email', port: 4 }),
  integration('calendar', { role: 'calendar', port: 5 }),
  service({
    name: 'audit',
    port: 1,
    role: 'audit',
    access: {
      name: 'audit',
      publishes: ['outcomes.audit.>'],
      consumes: [
        { stream: 'EVENTS', durable: 'audit' },
        { stream: 'OUTCOMES', durable: 'audit' },
      ],
      owns: ['OUTCOMES'],
      asks: ['posthorn.ledger.>', BOOKS_KEPT, BOOKS_ACCEPTED, bookIds('*'), AUDITOR_KEYS],
      answers: [DELIVERIES_OF_EVENT, MAPPING_PREVIEW, ...ledgerAnswers('audit')],
    },
  }),
  service({ name: 'console', port: 10, access: { name: 'console', publishes: [], consumes: [], asks: [OPERATIONS, OPERATOR_KEYS] } }),
  service({ name: 'sandbox', port: 2 }),
];

export type ServiceName = (typeof catalogue)[number]['name'];

/** Everything that runs, in the order in which it is shown. */
export const SERVICES: readonly ServiceEntry[] = catalogue;
