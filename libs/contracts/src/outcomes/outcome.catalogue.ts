/** What the services say happened, each with the service that says it. */
export const OUTCOMES = {
  'crm.contact.synced': { service: 'crm-sync', summary: 'The person is in the CRM as the event describes them.' },
  'crm.enquiry.recorded': { service: 'crm-sync', summary: 'The enquiry is recorded at the person in the CRM.' },
  'crm.order.recorded': { service: 'crm-sync', summary: 'The order is recorded in the CRM.' },
  'crm.subscription.updated': { service: 'crm-sync', summary: 'The CRM knows the state of the newsletter subscription.' },
  'email.message.sent': { service: 'email', summary: 'The mail server took the message.' },
  'calendar.event.created': { service: 'calendar', summary: 'The appointment is in the calendar.' },
  'calendar.event.moved': { service: 'calendar', summary: 'The appointment has its new time in the calendar.' },
  'calendar.event.cancelled': { service: 'calendar', summary: 'The appointment is cancelled in the calendar.' },
  'crm.person.erased': { service: 'crm-sync', summary: 'The CRM no longer has the person.' },
  'calendar.person.erased': { service: 'calendar', summary: 'The person\'s appointments stand in the calendar without what they said about the person.' },
  'audit.erasure.certified': { service: 'audit', summary: 'Every service has erased what was to be forgotten, and the key to the log\'s own values is destroyed.' },
  'audit.books.closed': { service: 'audit', summary: 'How the books of a service and a site stand at the end of a day.' },
  'audit.books.differ': { service: 'audit', summary: 'A service does not have what was accepted, for longer than the reconciler needs; `events` names the missing.' },
  'audit.books.agree': { service: 'audit', summary: 'The books that differed balance again.' },
  'audit.log.differs': { service: 'audit', summary: 'The log is not what was signed of it; nothing more is signed.' },
  'audit.log.agrees': { service: 'audit', summary: 'The log begins again with what was signed of it.' },
} as const satisfies Record<string, { service: string; summary: string }>;

export type BusinessOutcomeType = keyof typeof OUTCOMES;

export const DELIVERY_OUTCOMES = ['delivered', 'deferred', 'dead', 'skipped', 'unknown', 'held'] as const;
/** What the books of a site and a day are found to be. */
export const BOOK_OUTCOMES = ['balanced', 'differing'] as const;
/** What an erasure comes to. */
export const ERASURE_OUTCOMES = ['erased'] as const;
export const CIRCUIT_OUTCOMES = ['opened', 'half-opened', 'closed'] as const;
export type DeliveryOutcomeState = (typeof DELIVERY_OUTCOMES)[number];
export type CircuitOutcomeState = (typeof CIRCUIT_OUTCOMES)[number];

/** `crm-sync.delivery.dead`: what became of a delivery, where no business outcome says it better. */
export const deliveryOutcome = <S extends string, K extends DeliveryOutcomeState>(service: S, state: K) => `${service}.delivery.${state}` as const;

/** `crm-sync.circuit.opened`: what the breaker of a connection did. */
export const circuitOutcome = <S extends string, K extends CircuitOutcomeState>(service: S, state: K) => `${service}.circuit.${state}` as const;

/** `crm-sync.credentials.rejected`: the provider refused the connection's credentials; its work waits. */
export const credentialsOutcome = <S extends string>(service: S) => `${service}.credentials.rejected` as const;

/** `crm-sync.erasure.completed`: the service has erased the events of a request from its own tables, having erased the person at its providers. */
export const erasureOutcome = <S extends string>(service: S) => `${service}.erasure.completed` as const;

export const OPERATOR_VERBS = ['isolate', 'release', 'check', 'redeliver', 'redelivery-started', 'redelivery-finished', 'redelivery-stopped'] as const;
export type OperatorVerb = (typeof OPERATOR_VERBS)[number];

/** `crm-sync.operator.isolate`: what a person ordered; the fact `actor` says who. */
export const operatorOutcome = <S extends string, V extends OperatorVerb>(service: S, verb: V) => `${service}.operator.${verb}` as const;
