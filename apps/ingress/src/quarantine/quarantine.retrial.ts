import { Inject, Injectable } from '@nestjs/common';
import { ContractError, type ContractIssue, newId, parseEvent, type PosthornEvent } from '@posthorn/contracts';
import { KeyRing } from '@posthorn/http';
import type { Draft } from '../admission/draft.js';
import { AdmissionService } from '../admission/admission.service.js';
import { DRAFT_REREADERS, type DraftRereaders } from './draft.rereader.js';
import type { KeptDraft } from './draft.record.js';
import type { QuarantineRecord } from './quarantine.record.js';

/** What would become of something set aside; nothing has happened yet. */
export type Verdict =
  | { admitted: true; event: PosthornEvent }
  /** `event` where it is valid, and held for another reason. */
  | { admitted: false; code: string; reasons: readonly ContractIssue[]; event?: PosthornEvent };

/** Judges again what was set aside. */
@Injectable()
export class QuarantineRetrial {
  constructor(
    private readonly admission: AdmissionService,
    private readonly keys: KeyRing,
    @Inject(DRAFT_REREADERS) private readonly rereaders: DraftRereaders,
  ) {}

  /** A person has decided, so the rules are not asked: only the contract is, of which this may be a later release. */
  release({ draft }: QuarantineRecord): Verdict {
    try {
      return { admitted: true, event: parseEvent(draft?.envelope) };
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      return { admitted: false, code: 'validation-failed', reasons: error.issues };
    }
  }

  /** Through the same door as everything that comes in. */
  async replay(record: QuarantineRecord): Promise<Verdict> {
    const draft = this.draftOf(record);
    if (draft === undefined) return { admitted: false, code: record.code, reasons: record.reasons };
    const ruling = await this.admission.examine(draft);
    if (ruling.decision === 'accept') return { admitted: true, event: ruling.event };
    if (ruling.decision === 'hold') return { admitted: false, code: ruling.objection.code, reasons: ruling.objection.reasons, event: ruling.event };
    return { admitted: false, code: ruling.problem.code, reasons: ruling.problem.errors ?? [] };
  }

  private draftOf({ kind, channel, draft: kept }: QuarantineRecord): Draft | undefined {
    if (kept === undefined) return undefined;
    // What its key may by now; a key that is gone may what it might.
    const caller = kept.caller === undefined ? undefined : (this.keys.named(kept.caller.id, kept.site) ?? kept.caller);
    const draft: Draft = { ...kept, caller, envelope: kind === 'held' ? kept.envelope : underNewId(kept), once: undefined };
    const reread = this.rereaders[channel];
    if (reread !== undefined && kept.raw !== undefined) return reread(draft);
    return kind === 'unmapped' ? undefined : draft;
  }
}

// Nobody was told an id of what was refused. An event of today is compared, counted and kept as one of today.
function underNewId({ envelope }: KeptDraft): Record<string, unknown> {
  const id = newId();
  return { ...envelope, id, correlationid: envelope['correlationid'] === envelope['id'] ? id : envelope['correlationid'] };
}
