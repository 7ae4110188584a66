import { Inject, Injectable } from '@nestjs/common';
import { acceptedAtOf, ContractError, type ContractIssue, newId, parseEvent, type PosthornEvent, UUID_V7 } from '@posthorn/contracts';
import { KeyRing } from '@posthorn/http';
import { contentHash, type Waited } from '../accepting/acceptance.service.js';
import type { Draft } from '../admission/draft.js';
import { AdmissionService } from '../admission/admission.service.js';
import { DRAFT_REREADERS, type DraftRereaders } from './draft.rereader.js';
import type { KeptDraft } from './draft.record.js';
import type { QuarantineRecord } from './quarantine.record.js';

/** Subscribers compare what is older than an hour no more: under an id from before, an event that NATS loses would be lost. */
const COMPARED_FOR_MS = 30 * 60_000;

/** What would become of something set aside; nothing has happened yet. */
export type Verdict =
  | { admitted: true; events: readonly Waited[] }
  /** `event` where it is valid, and held for another reason. */
  | { admitted: false; code: string; reasons: readonly ContractIssue[]; event?: PosthornEvent | undefined };

/** Judges again what was set aside. */
@Injectable()
export class QuarantineRetrial {
  constructor(
    private readonly admission: AdmissionService,
    private readonly keys: KeyRing,
    @Inject(DRAFT_REREADERS) private readonly rereaders: DraftRereaders,
  ) {}

  /** A person has decided, so the rules are not asked: only the contract is, of which this may be a later release. */
  release({ draft, idempotencyKey, bodyHash }: QuarantineRecord): Verdict {
    try {
      return { admitted: true, events: [{ event: parseEvent(draft === undefined ? undefined : ofToday(draft)), idempotencyKey, bodyHash }] };
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      return { admitted: false, code: 'validation-failed', reasons: error.issues };
    }
  }

  /** Through the same door as everything that comes in. */
  async replay(record: QuarantineRecord): Promise<Verdict> {
    const { idempotencyKey, bodyHash } = record;
    const drafts = await this.draftsOf(record);
    if (drafts.length === 0) return { admitted: false, code: record.code, reasons: record.reasons };
    const events: Waited[] = [];
    for (const draft of drafts) {
      const ruling = await this.admission.examine(draft);
      if (ruling.decision === 'refuse') return { admitted: false, code: ruling.problem.code, reasons: ruling.problem.errors ?? [] };
      // One of several cannot be held alone: they wait together, as what they were.
      if (ruling.decision === 'hold') return { admitted: false, code: ruling.objection.code, reasons: ruling.objection.reasons, event: drafts.length === 1 && draft.once === undefined ? ruling.event : undefined };
      const { event } = ruling;
      events.push(draft.once === undefined ? { event, idempotencyKey, bodyHash } : { event, idempotencyKey: draft.once.idempotencyKey, bodyHash: contentHash(draft.once) });
    }
    return { admitted: true, events };
  }

  private async draftsOf({ kind, channel, draft: kept }: QuarantineRecord): Promise<readonly Draft[]> {
    if (kept === undefined) return [];
    // What its key may by now; a key that is gone may what it might.
    const caller = kept.caller === undefined ? undefined : (this.keys.named(kept.caller.id, kept.site) ?? kept.caller);
    const draft: Draft = { ...kept, caller, envelope: kind === 'held' ? ofToday(kept) : underNewId(kept), once: undefined };
    const reread = this.rereaders[channel];
    if (reread !== undefined && kept.raw !== undefined) return reread(draft);
    return kind === 'unmapped' ? [] : [draft];
  }
}

// Its sender was told its id, and finds the event by it under any other.
function ofToday(draft: KeptDraft): Record<string, unknown> {
  const { id } = draft.envelope;
  const late = typeof id === 'string' && UUID_V7.test(id) && acceptedAtOf(id).getTime() < Date.now() - COMPARED_FOR_MS;
  return late ? underNewId(draft) : draft.envelope;
}

// Nobody was told an id of what was refused. An event of today is compared, counted and kept as one of today.
function underNewId({ envelope }: KeptDraft): Record<string, unknown> {
  const id = newId();
  return { ...envelope, id, correlationid: envelope['correlationid'] === envelope['id'] ? id : envelope['correlationid'] };
}
