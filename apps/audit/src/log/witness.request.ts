const TIMEOUT_MS = 10_000;

/** What a witness says to a checkpoint. */
export type WitnessAnswer = { lines: string[] } | { knows: number };

/** It answered, and did not cosign. With `refuted` it holds what we sent for no continuation of what it knows. */
export class WitnessError extends Error {
  override readonly name = 'WitnessError';

  constructor(
    readonly status: number,
    readonly refuted: boolean,
  ) {
    super(refuted ? 'It does not take the checkpoint for a continuation of the log it knows' : `It answered ${status}`);
  }
}

/** `add-checkpoint` of C2SP tlog-witness: the note, with the proof that the tree it knows is the beginning of this one. */
export async function addCheckpoint(url: string, { old, proof, note }: { old: number; proof: readonly Buffer[]; note: string }): Promise<WitnessAnswer> {
  const body = [`old ${old}`, ...proof.map((hash) => hash.toString('base64')), '', note].join('\n');
  const answer = await fetch(`${url.replace(/\/$/, '')}/add-checkpoint`, { method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await answer.text();
  if (answer.status === 200) return { lines: text.split('\n') };
  const size = /^(0|[1-9]\d{0,15})\n?$/.exec(text)?.[1];
  if (answer.status === 409 && size !== undefined) return { knows: Number(size) };
  throw new WitnessError(answer.status, answer.status === 409 || answer.status === 422);
}
