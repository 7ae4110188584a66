import type { EventData, WebsiteEventType } from '@posthorn/contracts';

/** What each type that a website may report has to say. Written out when this package is built, so that it needs no other. */
export type SiteEvents = { [T in WebsiteEventType]: EventData<T> };

/** A type of Posthorn's, or one that the site has declared for itself. */
export type EventName = keyof SiteEvents | `custom.${string}`;

export type EventDataOf<T extends EventName> = T extends keyof SiteEvents ? SiteEvents[T] : Record<string, unknown>;
