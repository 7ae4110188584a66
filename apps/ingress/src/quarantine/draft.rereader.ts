import type { Channel, Draft } from '../admission/draft.js';

export const DRAFT_REREADERS = Symbol('DRAFT_REREADERS');

/**
 * Makes a draft of what a kept one had `raw`, as its reader would today; undefined while it still makes nothing of it.
 * Without one, a way in has its drafts examined as they are.
 */
export type DraftRereader = (kept: Draft) => Draft | undefined;

export type DraftRereaders = Partial<Record<Channel, DraftRereader>>;
