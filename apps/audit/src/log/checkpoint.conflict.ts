/** A store has another note of that size. Signatures may differ after a key was replaced; a root may not. */
export class CheckpointConflictError extends Error {
  override readonly name = 'CheckpointConflictError';
  readonly code = 'CHECKPOINT_CONFLICT';

  constructor(size: number, where: string) {
    super(`CHECKPOINT_CONFLICT: ${where} has another checkpoint of ${size} entries. Compare the two: if their third lines differ, the log was forked.`);
  }
}
