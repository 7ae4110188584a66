import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { HttpReply, HttpRequest } from '@posthorn/http';
import { findAsset } from './assets.js';
import { type Fields, formKeyOf, newFormKey, type Read, readAppointment, readContact, readNewsletter, readOrder } from './form.reader.js';
import type { Html } from './html.js';
import { formFields, sendPage } from './page.reply.js';
import type { FormState } from './pages/form.parts.js';
import { homePage } from './pages/home.page.js';
import { appointmentPage, contactPage, newsletterPage, orderPage } from './pages/shop.forms.js';
import { FormSender } from './form.sender.js';

type FormPage = (form: FormState) => Html;

const today = (): string => new Date().toISOString().slice(0, 10);
const appointments: FormPage = (form) => appointmentPage(form, today());

/** The shop's pages. Each form answers with the way of its event, or again with what must be put right. */
@Controller()
export class ShopController {
  constructor(private readonly sender: FormSender) {}

  @Get()
  home(@Res() reply: HttpReply): HttpReply {
    return sendPage(reply, homePage());
  }

  @Get('contact')
  contact(@Res() reply: HttpReply): HttpReply {
    return empty(reply, contactPage);
  }

  @Post('contact')
  sendContact(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<HttpReply> {
    const pageUrl = `http://${request.headers.host ?? 'localhost'}/contact`;
    return this.send(request, reply, contactPage, (fields, key) => readContact(fields, key, pageUrl));
  }

  @Get('newsletter')
  newsletter(@Res() reply: HttpReply): HttpReply {
    return empty(reply, newsletterPage);
  }

  @Post('newsletter')
  subscribe(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<HttpReply> {
    return this.send(request, reply, newsletterPage, readNewsletter);
  }

  @Get('appointment')
  appointment(@Res() reply: HttpReply): HttpReply {
    return empty(reply, appointments, { timeZone: 'Europe/Berlin', time: '10:00' });
  }

  @Post('appointment')
  book(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<HttpReply> {
    return this.send(request, reply, appointments, readAppointment);
  }

  @Get('order')
  order(@Res() reply: HttpReply): HttpReply {
    return empty(reply, orderPage);
  }

  @Post('order')
  pay(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<HttpReply> {
    return this.send(request, reply, orderPage, readOrder);
  }

  @Get('assets/:name')
  file(@Param('name') name: string, @Res() reply: HttpReply): HttpReply {
    const asset = findAsset(name);
    if (!asset) return reply.code(404).send();
    return reply.type(asset.type).header('cache-control', 'public, max-age=31536000, immutable').send(asset.content);
  }

  private async send(request: HttpRequest, reply: HttpReply, page: FormPage, read: (fields: Fields, key: string) => Read): Promise<HttpReply> {
    const values = formFields(request);
    const key = formKeyOf(values);
    const sent = await this.sender.send(read(values, key), key);
    if (sent.ok) return reply.redirect(`/sent/${sent.id}`, 303);
    return sendPage(reply, page({ key, values, errors: sent.errors, notice: sent.notice }), sent.notice ? 503 : 422);
  }
}

function empty(reply: HttpReply, page: FormPage, values: Fields = {}): HttpReply {
  return sendPage(reply, page({ key: newFormKey(), values, errors: {} }));
}
