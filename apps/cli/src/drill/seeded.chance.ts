import { createHash } from 'node:crypto';

/** 0 … 1, without 1: the same for the same seed and name, on every machine and in whatever order it is asked. */
export const chanceOf = (seed: number, name: string): number => createHash('sha256').update(`${seed} ${name}`).digest().readUInt32BE() / 4_294_967_296;
