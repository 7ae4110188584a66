import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';

export interface CalendarResource {
  href: string;
  etag: string;
  uid: string;
  ics: string;
  modifiedAt: string;
}

export interface Calendar {
  /** Its path, with a slash at the end. */
  href: string;
  name: string;
  /** Rises with every change in it. */
  revision: number;
}

interface Saved {
  calendars: Calendar[];
  resources: CalendarResource[];
}

/** Calendars and what is in them. */
export class CalendarStore {
  private readonly calendarsByHref = new Map<string, Calendar>();
  private readonly resourcesByHref = new Map<string, CalendarResource>();
  /** Asked at each PUT; a look through all resources would cost the more, the longer a storm lasts. */
  private readonly hrefsByUid = new Map<string, string>();

  constructor(
    readonly home: string,
    private readonly clock: Clock,
    private readonly changed: () => void = () => undefined,
  ) {
    this.addCalendar(`${home}appointments/`, 'Appointments');
  }

  calendars(): Calendar[] {
    return [...this.calendarsByHref.values()];
  }

  calendar(href: string): Calendar | undefined {
    return this.calendarsByHref.get(href);
  }

  addCalendar(href: string, name: string): Calendar {
    const calendar = { href, name, revision: 1 };
    this.calendarsByHref.set(href, calendar);
    this.changed();
    return calendar;
  }

  resources(calendar?: string): CalendarResource[] {
    const all = [...this.resourcesByHref.values()];
    return calendar ? all.filter(({ href }) => parentOf(href) === calendar) : all;
  }

  resource(href: string): CalendarResource | undefined {
    return this.resourcesByHref.get(href);
  }

  /** The resource of this calendar that already has the UID. */
  byUid(calendar: string, uid: string): CalendarResource | undefined {
    const href = this.hrefsByUid.get(uidKey(calendar, uid));
    return href === undefined ? undefined : this.resourcesByHref.get(href);
  }

  put(href: string, uid: string, ics: string): CalendarResource {
    const modifiedAt = new Date(this.clock.now()).toISOString();
    const etag = `"${createHash('sha256').update(ics).digest('hex').slice(0, 24)}"`;
    const resource = { href, etag, uid, ics, modifiedAt };
    this.keep(resource);
    this.bump(href);
    return resource;
  }

  remove(href: string): boolean {
    const resource = this.resourcesByHref.get(href);
    if (resource === undefined) return false;
    this.resourcesByHref.delete(href);
    this.hrefsByUid.delete(uidKey(parentOf(href), resource.uid));
    this.bump(href);
    return true;
  }

  clear(): void {
    this.resourcesByHref.clear();
    this.hrefsByUid.clear();
    for (const calendar of this.calendarsByHref.values()) calendar.revision += 1;
    this.changed();
  }

  save(): Saved {
    return { calendars: this.calendars(), resources: this.resources() };
  }

  load(value: unknown): void {
    const saved = value as Saved;
    for (const calendar of saved.calendars) this.calendarsByHref.set(calendar.href, calendar);
    for (const resource of saved.resources) this.keep(resource);
  }

  private keep(resource: CalendarResource): void {
    this.resourcesByHref.set(resource.href, resource);
    this.hrefsByUid.set(uidKey(parentOf(resource.href), resource.uid), resource.href);
  }

  private bump(href: string): void {
    const calendar = this.calendarsByHref.get(parentOf(href));
    if (calendar) calendar.revision += 1;
    this.changed();
  }
}

function uidKey(calendar: string, uid: string): string {
  return `${calendar} ${uid}`;
}

export function parentOf(href: string): string {
  return href.slice(0, href.lastIndexOf('/') + 1);
}
