export { type Accepted, type BatchResult, type EventToSend, Posthorn, type PosthornOptions, type SendOptions } from './posthorn.client.js';
export { type BadField, PosthornProblem, PosthornUnreachable } from './posthorn.errors.js';
export type { EventDataOf, EventName, SiteEvents } from './event.types.js';
