import { Controller, Get, Param, Req } from '@nestjs/common';
import { Describe, type HttpRequest, Problem, RequireKey, RequireScope } from '@posthorn/http';
import { siteOf } from '../accepting/site.caller.js';
import { READ } from '../access/key.rights.js';
import { type EventState, EventStateService } from './event-state.service.js';
import { SHOW_EVENT } from './event-state.openapi.js';

/** `GET /v1/events/{id}`: tells a site what became of its event. */
@Controller('v1/events')
@RequireKey()
export class EventStateController {
  constructor(private readonly states: EventStateService) {}

  @Get(':id')
  @Describe(SHOW_EVENT)
  @RequireScope(READ)
  async show(@Param('id') id: string, @Req() request: HttpRequest): Promise<EventState> {
    const state = await this.states.find(id, siteOf(request));
    // Another site's event is as unknown as one that never was.
    if (state === undefined) {
      throw new Problem({ status: 404, code: 'event-unknown', title: 'This site has submitted no event with this id' });
    }
    return state;
  }
}
