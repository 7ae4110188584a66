import { Controller, Get, Res } from '@nestjs/common';
import type { HttpReply } from '@posthorn/http';
import { HubSpotStore } from '../../hubspot/hubspot.store.js';
import { JourneyService } from '../journey.service.js';
import { sendFragment, sendPage } from '../page.reply.js';
import { crmPage, crmRecords } from './crm.page.js';
import { journeyList, journeysPage } from './journeys.page.js';

@Controller()
export class CrmController {
  constructor(
    private readonly store: HubSpotStore,
    private readonly journeys: JourneyService,
  ) {}

  @Get('crm')
  crm(@Res() reply: HttpReply): HttpReply {
    return sendPage(reply, crmPage(this.store));
  }

  @Get('crm/records')
  records(@Res() reply: HttpReply): HttpReply {
    return sendFragment(reply, crmRecords(this.store));
  }

  @Get('journeys')
  async list(@Res() reply: HttpReply): Promise<HttpReply> {
    return sendPage(reply, journeysPage(await this.journeys.latest()));
  }

  @Get('journeys/list')
  async newest(@Res() reply: HttpReply): Promise<HttpReply> {
    return sendFragment(reply, journeyList(await this.journeys.latest()));
  }
}
