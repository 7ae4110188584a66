/** How often the log is signed, where checkpoints are kept, and who else signs them. */
export const CHECKPOINT_SETTINGS = Symbol('checkpoint settings');
