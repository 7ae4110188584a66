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
    return this.resources(calendar).find((resource) => resource.uid === uid);
  }

  put(href: string, uid: string, ics: string): CalendarResource {
    const modifiedAt = new Date(this.clock.now()).toISOString();
    const etag = `"${createHash('sha256').update(ics).digest('hex').slice(0, 24)}"`;
    const resource = { href, etag, uid, ics, modifiedAt };
    this.resourcesByHref.set(href, resource);
    this.bump(href);
    return resource;
  }

  remove(href: string): boolean {
    const existed = this.resourcesByHref.delete(href);
    if (existed) this.bump(href);
    return existed;
  }

  clear(): void {
    this.resourcesByHref.clear();
    for (const calendar of this.calendarsByHref.values()) calendar.revision += 1;
    this.changed();
  }

  save(): Saved {
    return { calendars: this.calendars(), resources: this.resources() };
  }

  load(value: unknown): void {
    const saved = value as Saved;
    for (const calendar of saved.calendars) this.calendarsByHref.set(calendar.href, calendar);
    for (const resource of saved.resources) this.resourcesByHref.set(resource.href, resource);
  }

  private bump(href: string): void {
    const calendar = this.calendarsByHref.get(parentOf(href));
    if (calendar) calendar.revision += 1;
    this.changed();
  }
}

export function parentOf(href: string): string {
  return href.slice(0, href.lastIndexOf('/') + 1);
}
