import { Inject, Injectable } from '@nestjs/common';
import { newId } from '@posthorn/contracts';
import { type HttpRequest, Problem } from '@posthorn/http';
import { currentTraceparent, withTrace } from '@posthorn/observability';
import type { Acceptance } from '../accepting/acceptance.service.js';
import { AdmissionService } from '../admission/admission.service.js';
import { readFormBody } from './form.body.js';
import { dataOf } from './form.data.js';
import { FormOnce } from './form.once.js';
import { checkOrigin } from './form.origin.js';
import { byFields } from './form.responder.js';
import { type Form, FORMS, type Forms } from './form.settings.js';

const NO_FIELDS: ReadonlySet<string> = new Set();

/** Makes events of posted forms, and lets them in by the one door. */
@Injectable()
export class FormsService {
  constructor(
    @Inject(FORMS) private readonly forms: Forms,
    private readonly admission: AdmissionService,
    private readonly once: FormOnce,
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
          const { data, issues } = dataOf(form, fields, NO_FIELDS, now);
          return this.admission.admit({ channel: 'form', site: form.site, caller: undefined, envelope: envelopeOf(form, data, now), issues, once });
        }),
      );
    } catch (error) {
      throw error instanceof Problem ? byFields(error, form) : error;
    }
  }
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
