import type { Channel, Draft } from '../admission/draft.js';

export const DRAFT_REREADERS = Symbol('DRAFT_REREADERS');

/**
 * Makes drafts of what a kept one had `raw`, as its reader would today, with the keys that it would give them; none while
 * it still makes nothing of it. Without one, a way in has its drafts examined as they are.
 */
export type DraftRereader = (kept: Draft) => Promise<readonly Draft[]>;

export type DraftRereaders = Partial<Record<Channel, DraftRereader>>;
