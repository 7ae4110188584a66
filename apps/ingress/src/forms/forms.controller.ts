import { Controller, Get, Logger, Options, Param, Post, Req, Res } from '@nestjs/common';
import { Describe, type HttpReply, type HttpRequest, type Problem, problemOf, ShowProblem } from '@posthorn/http';
import { allowOrigin } from './form.origin.js';
import { acceptedAnswer, showFormProblem, showThanks, wantsJson } from './form.responder.js';
import type { Form } from './form.settings.js';
import { FormsService } from './forms.service.js';
import { ASK_BEFORE_FORM, SHOW_CHALLENGE, SHOW_THANKS, SHOW_TOKEN, SUBMIT_FORM } from './forms.openapi.js';

/** `POST /v1/forms/<site>.<form>`: where an HTML form sends what was typed, with no script and no key in the page. */
@Controller('v1/forms/:form')
export class FormsController {
  private readonly logger = new Logger(FormsController.name);

  constructor(private readonly forms: FormsService) {}

  @Post()
  @Describe(SUBMIT_FORM)
  @ShowProblem(showFormProblem)
  async submit(@Param('form') id: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    let form: Form | undefined;
    try {
      form = this.forms.formOf(id);
      allowOrigin(form, request, reply);
      const acceptance = await this.forms.submit(form, request);
      if (acceptance.replayed) reply.header('idempotent-replayed', 'true');
      if (wantsJson(request)) await reply.code(202).send(acceptedAnswer(form, request, acceptance));
      // With 303 the browser fetches a page that can be loaded again without sending anything again. Ours is next to
      // this address, whatever a proxy has put in front of it.
      else await reply.redirect(form.settings.thanks ?? `./${form.id}/thanks`, 303);
    } catch (error) {
      showFormProblem(this.problemOf(error), request, reply, form);
    }
  }

  @Get('thanks')
  @Describe(SHOW_THANKS)
  @ShowProblem(showFormProblem)
  thanks(@Param('form') id: string, @Req() request: HttpRequest, @Res() reply: HttpReply): void {
    showThanks(this.forms.formOf(id), request, reply);
  }

  /** A script fetches it when the form is opened; then it tells for how long it was being filled in. */
  @Get('token')
  @Describe(SHOW_TOKEN)
  token(@Param('form') id: string, @Req() request: HttpRequest, @Res() reply: HttpReply): void {
    const form = this.forms.formOf(id);
    allowOrigin(form, request, reply);
    void reply.send(this.forms.tokenFor(form));
  }

  /** Work for the browser, as ALTCHA's widget takes it. */
  @Get('challenge')
  @Describe(SHOW_CHALLENGE)
  async challenge(@Param('form') id: string, @Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    const form = this.forms.formOf(id);
    allowOrigin(form, request, reply);
    await reply.send(await this.forms.challengeFor(form));
  }

  /** What a browser asks before it lets a script send more than a form could. */
  @Options()
  @Describe(ASK_BEFORE_FORM)
  preflight(@Param('form') id: string, @Req() request: HttpRequest, @Res() reply: HttpReply): void {
    allowOrigin(this.forms.formOf(id), request, reply);
    void reply.code(204).headers({ 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'content-type', 'access-control-max-age': '600' }).send();
  }

  private problemOf(error: unknown): Problem {
    const problem = problemOf(error);
    if (problem.status === 500) this.logger.error({ msg: 'a form could not be taken', err: error });
    return problem;
  }
}
