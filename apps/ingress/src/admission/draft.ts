import type { ContractIssue } from '@posthorn/contracts';
import type { ApiKey } from '@posthorn/http';
import type { Once } from '../accepting/acceptance.service.js';
import type { SpamContext } from '../spam/suspicion.js';

/** By which way something came in. */
export type Channel = 'api' | 'form' | 'webhook';

/** What somebody sent, by whichever way it came in, before anything about it is believed. */
export interface Draft {
  channel: Channel;
  site: string;
  /** The key it came with; undefined where a signature spoke for the site instead. */
  caller: ApiKey | undefined;
  /** An envelope of the contract in the making; only the contract says whether it is one. Without `dataschema`, in whichever version its data is valid. */
  envelope: Record<string, unknown>;
  /** What its reader found wrong with it, which the contract cannot see. */
  issues: ContractIssue[];
  once: Once | undefined;
  /** What came, where a reader may one day make more of it than the envelope: an unmapped webhook's own. It is kept with the draft. */
  raw?: unknown;
  /** Of what anybody may send. It is not kept with the draft. */
  spam?: SpamContext;
}
