import { Inject, Injectable } from '@nestjs/common';
import { newId } from '@posthorn/contracts';
import { type HttpRequest, Problem } from '@posthorn/http';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import type { Acceptance } from '../accepting/acceptance.service.js';
import { AdmissionService } from '../admission/admission.service.js';
import { CHALLENGE_FIELD, FormSigns } from '../spam/form.signs.js';
import { signFormToken } from '../spam/form.token.js';
import { ProofOfWork } from '../spam/proof-of-work.js';
import type { SpamContext } from '../spam/suspicion.js';
import { type FormFields, readFormBody } from './form.body.js';
import { dataOf } from './form.data.js';
import { FormOnce } from './form.once.js';
import { checkOrigin } from './form.origin.js';
import { byFields } from './form.responder.js';
import { FORM_SECRET } from './form.secret.js';
import { type Form, FORMS, type Forms } from './form.settings.js';

const DEFAULT_WORK = 1_000;

/** What a script asks for when a form is opened. */
export interface FormToken {
  token: string;
  challenge: boolean;
}

/** Makes events of posted forms, and lets them in by the one door. */
@Injectable()
export class FormsService {
  constructor(
    @Inject(FORMS) private readonly forms: Forms,
    private readonly admission: AdmissionService,
    private readonly once: FormOnce,
    private readonly signs: FormSigns,
    private readonly work: ProofOfWork,
    @Inject(FORM_SECRET) private readonly secret: Buffer,
  ) {}

  /** Throws 404 for a form that is not declared. */
  formOf(id: string): Form {
    const form = this.forms.get(id);
    if (form !== undefined) return form;
    throw new Problem({ status: 404, code: 'form-unknown', title: 'There is no such form', detail: 'A form is addressed as <site>.<form>, as both are called in the configuration.' });
  }

  /** Resolves strictly after the commit; throws the problem of what is refused, with the form's own fields. */
  async submit(form: Form, request: HttpRequest): Promise<Acceptance> {
    checkOrigin(form, request);
    const fields = await readFormBody(request);
    try {
      return await this.once.run({ form, fields, request }, (once) =>
        withTrace(undefined, 'accept form', { 'posthorn.site': form.site }, () => {
          const now = new Date();
          const { data, issues } = dataOf(form, fields, fieldsForUs(form), now);
          const spam = this.contextOf(form, fields, { request, now, use: once.idempotencyKey });
          return this.admission.admit({ channel: 'form', site: form.site, caller: undefined, envelope: envelopeOf(form, data, now), issues, once, ...(spam && { spam }) });
        }),
      );
    } catch (error) {
      throw error instanceof Problem ? byFields(error, form) : error;
    }
  }

  tokenFor({ id, spam }: Form): FormToken {
    return { token: signFormToken(id, this.secret, Date.now()), challenge: spam?.requireChallenge ?? false };
  }

  challengeFor({ id, spam }: Form): ReturnType<ProofOfWork['challenge']> {
    return this.work.challenge(id, spam?.challengeWork ?? DEFAULT_WORK);
  }

  private contextOf(form: Form, fields: FormFields, { request, now, use }: { request: HttpRequest; now: Date; use: string }): SpamContext | undefined {
    const { spam: settings } = form;
    if (settings === undefined) return undefined;
    const userAgent = request.headers['user-agent'];
    return {
      settings,
      form: form.name,
      notice: () => this.signs.of(form, settings, fields, use, now),
      address: request.ip,
      ...(userAgent === undefined ? {} : { userAgent }),
    };
  }
}

function fieldsForUs({ spam }: Form): ReadonlySet<string> {
  return new Set([CHALLENGE_FIELD, ...(spam?.honeypot === undefined ? [] : [spam.honeypot])]);
}

function envelopeOf({ site, name, settings: { type } }: Form, data: Record<string, unknown>, now: Date): Record<string, unknown> {
  const id = newId();
  return {
    specversion: '1.0',
    id,
    source: `/sites/${site}/forms/${name}`,
    type,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    site,
    traceparent: currentTraceparent(),
    correlationid: id,
    data,
  };
}
