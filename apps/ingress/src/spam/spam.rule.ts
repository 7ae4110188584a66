import { Inject, Injectable } from '@nestjs/common';
import type { PosthornEvent } from '@posthorn/contracts';
import type { AdmissionRule, Objection } from '../admission/admission.rule.js';
import type { Draft } from '../admission/draft.js';
import { signsInContent } from './content.signs.js';
import { SpamScorer } from './spam.scorer.js';
import { SPAM_SETTINGS, type SpamSettingsOfSites } from './spam.settings.js';
import { type SpamContext, suspicion } from './suspicion.js';

/** Why a submission is held, as operators read it. */
const SUSPECTED = 'spam-suspected';

/** Holds what looks like spam, of forms and of keys that everybody can read in a page. Nothing is refused or dropped for it. */
@Injectable()
export class SpamRule implements AdmissionRule {
  constructor(
    private readonly scorer: SpamScorer,
    @Inject(SPAM_SETTINGS) private readonly sites: SpamSettingsOfSites,
  ) {}

  judge(event: PosthornEvent, { spam, caller, site }: Draft): Promise<Objection | undefined> | undefined {
    const context = spam ?? (caller?.kind === 'browser' ? this.contextAt(site) : undefined);
    return context === undefined ? undefined : this.judgeIn(context, event);
  }

  // A script with such a key sends what it likes: there is no form with fields of its own for us.
  private contextAt(site: string): SpamContext | undefined {
    const settings = this.sites.get(site);
    return settings === undefined ? undefined : { settings, notice: () => Promise.resolve([]) };
  }

  private async judgeIn({ notice, settings, form, address, userAgent }: SpamContext, event: PosthornEvent): Promise<Objection | undefined> {
    const found = [...(await notice()), ...signsInContent(event, settings)];
    const { scorer } = settings;
    // What is held anyway needs no second opinion.
    if (found.length > 0 || scorer === undefined) return objectionTo(found);
    const { site, type, data } = event;
    const score = await this.scorer.score({ site, form, type, data, address, userAgent }, scorer);
    if (score === undefined || score < scorer.holdFrom) return undefined;
    return objectionTo([suspicion('score', `was given ${score.toFixed(2)} by the scorer, and is held from ${scorer.holdFrom}`)]);
  }
}

function objectionTo(reasons: Objection['reasons']): Objection | undefined {
  return reasons.length === 0 ? undefined : { decision: 'hold', code: SUSPECTED, title: 'This may be spam', reasons };
}
