export { appointmentSequence, appointmentUid } from './appointments/appointment.identity.js';
export { ContractError, type ContractIssue, contractIssues } from './contract.error.js';
export { pointerOf, stepsOf } from './json-pointer.js';
export { parseEnvelope, SITE_ID, TYPE_NAME, type Envelope } from './envelope/envelope.schema.js';
export { acceptedAtOf, newId, UUID_V7 } from './envelope/identifier.js';
export { DELIVERIES_OF_EVENT, EVENTS_STREAM, eventsOfSite, eventsOfType, eventSubject, OUTCOMES_STREAM, outcomeSubject } from './envelope/subject.js';
export { EVENT_TYPES, EVENTS, isEventType, isOwnEventType, isPrivacyEventType, OWN_EVENT_TYPES, OWN_SITE, PRIVACY_EVENT_TYPES, WEBSITE_EVENT_TYPES, type EventData, type EventType, type OwnEventType, type PrivacyEventType, type WebsiteEventType } from './events/event.catalogue.js';
export { CUSTOM_TYPE, isCustomType, type CustomEventData } from './events/custom.schema.js';
export { ERASURE_CAUSES, ERASURE_EVENTS_MAX, type ErasureCause } from './events/privacy.schema.js';
export { DISCARD_CAUSES, QUARANTINE_ENTRIES_MAX, type DiscardCause } from './events/quarantine.schema.js';
export { createEvent, parseData, parseEvent, parseSubmitted, upgradeEvent, type NewEvent, type PosthornEvent } from './events/event.js';
export { dataschemaOf, takenVersions, versionOf, type TakenVersion } from './events/event.versions.js';
export {
  BOOK_OUTCOMES,
  CIRCUIT_OUTCOMES,
  circuitOutcome,
  credentialsOutcome,
  DELIVERY_OUTCOMES,
  deliveryOutcome,
  ERASURE_OUTCOMES,
  erasureOutcome,
  OPERATOR_VERBS,
  operatorOutcome,
  OUTCOMES,
  type BusinessOutcomeType,
  type CircuitOutcomeState,
  type DeliveryOutcomeState,
  type OperatorVerb,
} from './outcomes/outcome.catalogue.js';
export { createOutcome, OUTCOME_STATES, parseOutcome, type NewOutcome, type Outcome, type OutcomeData, type OutcomeState } from './outcomes/outcome.js';
export { PERSONAL_KEYWORD, personal } from './personal/personal.mark.js';
export { joinPersonal, MASK, maskOf, maskPersonal, personalPointers, splitPersonal, type PersonalPart } from './personal/personal.fields.js';
export { addressesIn, canonicalAddress, eraseEvent } from './personal/erasing.js';
export { LinkError, signLink, verifyLink, type LinkClaims, type LinkPurpose } from './links/link.token.js';
export { envelopeJsonSchema, jsonSchemaOf, jsonSchemaOfVersion, outcomeJsonSchema, type JsonSchema } from './documents/json-schema.document.js';
export { asyncApiDocument } from './documents/async-api.document.js';
export { generatedDocuments } from './documents/generated.documents.js';
export { EXAMPLES } from './examples/event.examples.js';
export {
  deliveriesAnswer,
  deliveriesQuestion,
  DELIVERY_STATES,
  type DeliveriesAnswer,
  type DeliveriesQuestion,
  type DeliveryState,
} from './questions/deliveries.question.js';
export { ASKED_KEY_KINDS, askedKey, keysAnswer, keysQuestion, keysSubject, MAX_KEYS_ANSWERED, OPERATE, type AskedKey, type AskedKeyKind, type KeysAnswer, type KeysQuestion } from './questions/keys.question.js';
export { MAPPING_PREVIEW, PREVIEW_EVENTS_MAX, previewAnswer, type PreviewAnswer, type PreviewCall, previewQuestion, type PreviewQuestion, previewReceiver, type PreviewReceiver } from './questions/preview.question.js';
export {
  EVENTS_PUBLISHER,
  LEDGER_PUBLISHERS,
  LEDGER_QUESTIONS,
  ledgerDigestAnswer,
  ledgerDigestQuestion,
  ledgerEntriesAnswer,
  ledgerEntriesQuestion,
  ledgerIdsAnswer,
  ledgerIdsQuestion,
  ledgerPublisher,
  ledgerSubject,
  MAX_ENTRIES_ASKED,
  type LedgerDigestAnswer,
  type LedgerEntriesAnswer,
  type LedgerIdsAnswer,
  type LedgerQuestion,
  type MinuteDigest,
} from './questions/ledger.questions.js';
export { CONSENT_EVENT_TYPES, consentOf, purposesLacking, WITHDRAWALS } from './consent/consent.js';
export type { Consent, Person } from './schemas/person.schema.js';
export * from './operations/index.js';
export * from './books/index.js';
