import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { EventData } from '@posthorn/contracts';
import { Problem, type HttpReply, type HttpRequest } from '@posthorn/http';
import { type Fields, formKeyOf, newFormKey, readReschedule } from './form.reader.js';
import { FormSender } from './form.sender.js';
import { JourneyService } from './journey.service.js';
import { formFields, sendFragment, sendPage } from './page.reply.js';
import type { FormState } from './pages/form.parts.js';
import { journeySteps } from './pages/journey.parts.js';
import { sentPage, unknownJourney } from './pages/sent.page.js';
import { SubmissionMemory } from './submission.memory.js';

type Appointment = EventData<'appointment.booked'>;

/** After a form: the way of its event, and the changes an appointment allows. */
@Controller('sent')
export class SentController {
  constructor(
    private readonly journeys: JourneyService,
    private readonly memory: SubmissionMemory,
    private readonly sender: FormSender,
  ) {}

  @Get(':id')
  async show(@Param('id') id: string, @Res() reply: HttpReply): Promise<HttpReply> {
    return this.page(id, reply, { key: newFormKey(), values: {}, errors: {} }, 200);
  }

  @Get(':id/steps')
  async steps(@Param('id') id: string, @Res() reply: HttpReply): Promise<HttpReply> {
    const journey = await this.journeys.follow(id);
    return sendFragment(reply, typeof journey === 'string' ? unknownJourney() : journeySteps(journey));
  }

  @Post(':id/reschedule')
  async reschedule(@Param('id') id: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<HttpReply> {
    const values = formFields(request);
    const key = formKeyOf(values);
    const sent = await this.sender.send(readReschedule(values, this.appointment(id)), key);
    if (sent.ok) return reply.redirect(`/sent/${sent.id}`, 303);
    return this.page(id, reply, { key, values, errors: sent.errors, notice: sent.notice }, sent.notice ? 503 : 422);
  }

  @Post(':id/cancel')
  async cancel(@Param('id') id: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<HttpReply> {
    formFields(request);
    const data = { ...this.appointment(id), reason: 'Cancelled on the website' };
    // One cancellation for one booking, however often the button is pressed.
    const sent = await this.sender.send({ ok: true, submission: { type: 'appointment.cancelled', data } }, `cancel-${id}`);
    if (sent.ok) return reply.redirect(`/sent/${sent.id}`, 303);
    return this.page(id, reply, { key: newFormKey(), values: {}, errors: {}, notice: sent.notice }, 503);
  }

  private async page(id: string, reply: HttpReply, form: FormState, status: number): Promise<HttpReply> {
    const journey = await this.journeys.follow(id);
    const sent = this.memory.find(id);
    if (journey === 'unknown' && !sent) throw unknownEvent();
    const reschedule = { ...form, values: { ...startOf(sent?.submission.data), ...form.values } };
    return sendPage(reply, sentPage({ id, journey: typeof journey === 'string' ? undefined : journey, sent, reschedule }), status);
  }

  private appointment(id: string): Appointment {
    const submission = this.memory.find(id)?.submission;
    if (submission?.type !== 'appointment.booked' && submission?.type !== 'appointment.rescheduled') throw unknownEvent();
    return submission.data as Appointment;
  }
}

function startOf(data: unknown): Fields {
  const start = typeof data === 'object' && data !== null && 'start' in data ? String(data.start) : '';
  return { date: start.slice(0, 10), time: start.slice(11, 16) };
}

function unknownEvent(): Problem {
  return new Problem({ status: 404, code: 'unknown-event', title: 'Nothing of this kind was sent from here' });
}
