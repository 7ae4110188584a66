import { Problem } from '@posthorn/http';

export const noCheckpointYet = (everyMs: number): Problem =>
  new Problem({ status: 404, code: 'checkpoint-none', title: 'The log has not been signed yet', detail: 'It is signed a few seconds after its first entry.', retryAfterSeconds: secondsOf(everyMs) });

export const noSuchTile = (): Problem =>
  new Problem({ status: 404, code: 'tile-unknown', title: 'The signed tree has no such tile', detail: 'Which tiles there are follows from the size in the newest checkpoint (C2SP tlog-tiles).' });

export const noSuchEntry = (): Problem =>
  new Problem({ status: 404, code: 'entry-unknown', title: 'The log has no such entry', detail: 'An entry is recorded within moments; ask again if what it is about happened just now.' });

export const notSignedYet = (everyMs: number): Problem =>
  new Problem({ status: 409, code: 'entry-unsigned', title: 'The entry is younger than the newest checkpoint', detail: 'It is in the log; there is a proof of it once the log is signed again.', retryAfterSeconds: secondsOf(everyMs) });

const secondsOf = (ms: number): number => Math.ceil(ms / 1_000);
