import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { newId } from '@posthorn/contracts';
import { Problem, type HttpReply, type HttpRequest } from '@posthorn/http';
import { FaultBoard } from '../../faults/fault.board.js';
import { PROVIDERS, type ProviderName } from '../../faults/fault.schema.js';
import { readContact } from '../form.reader.js';
import { FormSender } from '../form.sender.js';
import { formFields, sendFragment, sendPage } from '../page.reply.js';
import { faultOf, faultsPage, providerState } from './faults.page.js';

const PEOPLE = [
  'Ada Lovelace', 'Grace Hopper', 'Mary Somerville', 'Emmy Noether', 'Lise Meitner', 'Maria Sibylla Merian', 'Jeanne Baret', 'Barbara McClintock',
  'Beatrix Farrand', 'Gertrude Jekyll',
];

/** The switchboard: a fault for each provider with one click. */
@Controller('faults')
export class FaultsPageController {
  constructor(
    private readonly board: FaultBoard,
    private readonly sender: FormSender,
  ) {}

  @Get()
  page(@Res() reply: HttpReply): HttpReply {
    return sendPage(reply, faultsPage(this.board.list()));
  }

  @Get(':provider/state')
  state(@Param('provider') provider: string, @Res() reply: HttpReply): HttpReply {
    return sendFragment(reply, providerState(this.board.list()[known(provider)]));
  }

  @Post('send-ten')
  async sendTen(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<HttpReply> {
    formFields(request);
    const sent = await Promise.all(PEOPLE.map((name, index) => {
      const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.org`;
      const message = `Could you come and look at garden number ${index + 1}?`;
      const key = newId();
      return this.sender.send(readContact({ name, email, message, locale: 'en' }, key, 'https://acme.example/contact'), key);
    }));
    const [failed] = sent.flatMap((one) => (one.ok ? [] : [one]));
    if (failed) return sendPage(reply, faultsPage(this.board.list(), failed.notice ?? 'Some were not taken.'), 503);
    return reply.redirect('/journeys', 303);
  }

  @Post(':provider')
  press(@Param('provider') provider: string, @Req() request: HttpRequest, @Res() reply: HttpReply): HttpReply {
    const name = known(provider);
    const action = formFields(request)['action'] ?? '';
    const fault = faultOf(name, action);
    if (fault) this.board.set(name, fault);
    else this.board.clear(name);
    return reply.redirect('/faults', 303);
  }
}

function known(name: string): ProviderName {
  const provider = PROVIDERS.find((candidate) => candidate === name);
  if (provider) return provider;
  throw new Problem({ status: 404, code: 'unknown-provider', title: 'No such provider' });
}
