import { Controller, Delete, Get, HttpCode, Query } from '@nestjs/common';
import { CalendarStore, type CalendarResource } from '../caldav/calendar.store.js';
import { CallList } from '../hubspot/hubspot.calls.js';
import { HubSpotStore } from '../hubspot/hubspot.store.js';
import type { CallRecord, CrmObject, ObjectType } from '../hubspot/hubspot.types.js';
import { type MailBrief, MailboxStore, type ReceivedMail } from '../mail/mailbox.store.js';

/** What the simulated providers hold, for tests to look at without speaking the providers' protocols. */
@Controller('sandbox/records')
export class RecordsController {
  constructor(
    private readonly hubspot: HubSpotStore,
    private readonly calls: CallList,
    private readonly mailbox: MailboxStore,
    private readonly calendar: CalendarStore,
  ) {}

  @Get('hubspot')
  crm(): Record<ObjectType, (CrmObject & { associations: Record<ObjectType, string[]> })[]> & { calls: readonly CallRecord[] } {
    return { contacts: this.objects('contacts'), notes: this.objects('notes'), deals: this.objects('deals'), calls: this.calls.all() };
  }

  @Delete('hubspot')
  @HttpCode(204)
  clearCrm(): void {
    this.hubspot.clear();
    this.calls.clear();
  }

  @Get('mail')
  mail(): { messages: readonly ReceivedMail[] } {
    return { messages: this.mailbox.all() };
  }

  /** For a watcher of a long run: what came since it looked last, however many mails there are. */
  @Get('mail/list')
  mailList(@Query('after') after?: string): { messages: readonly MailBrief[] } {
    return { messages: this.mailbox.briefsAfter(Math.max(0, Math.trunc(Number(after ?? 0)) || 0)) };
  }

  @Delete('mail')
  @HttpCode(204)
  clearMail(): void {
    this.mailbox.clear();
  }

  @Get('calendar')
  resources(): { resources: CalendarResource[] } {
    return { resources: this.calendar.resources() };
  }

  @Delete('calendar')
  @HttpCode(204)
  clearCalendar(): void {
    this.calendar.clear();
  }

  private objects(type: ObjectType): (CrmObject & { associations: Record<ObjectType, string[]> })[] {
    const linked = (id: string, to: ObjectType): string[] => this.hubspot.associations.of({ type, id }, to).map((one) => one.id);
    return this.hubspot.all(type).map((object) => ({
      ...object,
      associations: { contacts: linked(object.id, 'contacts'), notes: linked(object.id, 'notes'), deals: linked(object.id, 'deals') },
    }));
  }
}
