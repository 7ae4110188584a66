import { Controller, Get, Query, Res } from '@nestjs/common';
import type { HttpReply } from '@posthorn/http';
import { occurrences } from '../../caldav/calendar.object.js';
import { pathOfHref } from '../../caldav/dav.path.js';
import { CalendarStore } from '../../caldav/calendar.store.js';
import { Clock } from '../../clock.js';
import { sendFragment, sendPage } from '../page.reply.js';
import { calendarPage, monthView } from './calendar.page.js';
import { dayOf, monthOf, type Month } from './calendar.view.js';

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

@Controller('calendar')
export class CalendarController {
  constructor(
    private readonly store: CalendarStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  page(@Query('month') month: string | undefined, @Res() reply: HttpReply): HttpReply {
    return sendPage(reply, calendarPage(this.month(month), this.today()));
  }

  @Get('month')
  newest(@Query('month') month: string | undefined, @Res() reply: HttpReply): HttpReply {
    return sendFragment(reply, monthView(this.month(month), this.today()));
  }

  /** By the href or UID the calendar service knows an entry by. */
  @Get('find')
  find(@Query('entry') entry: string | undefined, @Res() reply: HttpReply): HttpReply {
    const found = entry === undefined ? undefined : this.store.resources().find(({ href, uid }) => href === pathIn(entry) || uid === entry);
    const [first] = found ? occurrences(found.ics, new Date(-8.64e15), new Date(8.64e15)) : [];
    if (!found || !first) return reply.redirect('/calendar', 303);
    return reply.redirect(`/calendar?month=${dayOf(first.start).slice(0, 7)}#entry-${found.uid.replace(/[^\w-]/g, '_')}`, 303);
  }

  private month(name: string | undefined): Month {
    return monthOf(name && MONTH.test(name) ? name : this.today().slice(0, 7), this.store.resources());
  }

  private today(): string {
    return dayOf(new Date(this.clock.now()));
  }
}

/** An address is typed by people as well: one that cannot be read names nothing. */
function pathIn(entry: string): string | undefined {
  try {
    return pathOfHref(entry);
  } catch {
    return undefined;
  }
}
