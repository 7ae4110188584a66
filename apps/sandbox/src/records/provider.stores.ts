import { Injectable } from '@nestjs/common';
import { CalendarStore } from '../caldav/calendar.store.js';
import { CallList } from '../hubspot/hubspot.calls.js';
import { HubSpotStore } from '../hubspot/hubspot.store.js';
import { MailboxStore } from '../mail/mailbox.store.js';
import { SnapshotFile } from './snapshot.file.js';

/** The providers' contents, joined so that the host needs one of them. */
@Injectable()
export class ProviderStores {
  constructor(
    readonly hubspot: HubSpotStore,
    readonly calls: CallList,
    readonly mailbox: MailboxStore,
    readonly calendar: CalendarStore,
    readonly snapshot: SnapshotFile,
  ) {
    snapshot.register('hubspot', hubspot);
    snapshot.register('mail', mailbox);
    snapshot.register('calendar', calendar);
  }
}
