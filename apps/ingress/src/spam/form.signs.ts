import { Inject, Injectable } from '@nestjs/common';
import type { FormFields } from '../forms/form.body.js';
import { FORM_SECRET } from '../forms/form.secret.js';
import type { Form } from '../forms/form.settings.js';
import { readFormToken } from './form.token.js';
import { ProofOfWork } from './proof-of-work.js';
import type { SpamSettings } from './spam.settings.js';
import { type Suspicion, suspicion } from './suspicion.js';

export const TOKEN_FIELD = '_t';
/** As ALTCHA's widget calls it. */
export const CHALLENGE_FIELD = 'altcha';

/** What the fields of a form that are not for the event say about who filled it in. */
@Injectable()
export class FormSigns {
  constructor(
    private readonly work: ProofOfWork,
    @Inject(FORM_SECRET) private readonly secret: Buffer,
  ) {}

  /** `use` names the submission, for which a solved challenge counts, once. */
  async of({ id }: Form, settings: SpamSettings, fields: FormFields, use: string, now: Date): Promise<Suspicion[]> {
    const found: Suspicion[] = [];
    if (settings.honeypot !== undefined && fields.get(settings.honeypot)?.some((value) => value.trim() !== '') === true) {
      found.push(suspicion('honeypot', 'has the field filled in that people do not see'));
    }
    found.push(...this.signsOfTime(id, settings, fields.get(TOKEN_FIELD)?.[0], now));
    found.push(...(await this.signsOfWork(id, settings, fields.get(CHALLENGE_FIELD)?.[0], use)));
    return found;
  }

  private signsOfTime(form: string, { minSeconds, requireToken }: SpamSettings, given: string | undefined, now: Date): Suspicion[] {
    const token = readFormToken(given, form, this.secret, now.getTime());
    switch (token.state) {
      case 'genuine':
        return token.ageMs < minSeconds * 1_000 ? [suspicion('too-quick', `was sent within ${minSeconds} s of being opened`)] : [];
      case 'forged':
        return [suspicion('token-forged', 'has a token that is not ours')];
      case 'expired':
      case 'missing':
        return requireToken ? [suspicion('token-missing', 'does not say when it was opened')] : [];
    }
  }

  private async signsOfWork(form: string, { requireChallenge }: SpamSettings, solved: string | undefined, use: string): Promise<Suspicion[]> {
    switch (await this.work.redeem(solved, form, use)) {
      case 'solved':
        return [];
      case 'failed':
        return [suspicion('challenge-failed', 'has a challenge that is not solved, not ours or too old')];
      case 'replayed':
        return [suspicion('challenge-replayed', 'has a challenge that was solved for another submission')];
      case 'missing':
        return requireChallenge ? [suspicion('challenge-missing', 'has no solved challenge')] : [];
    }
  }
}
