import type { Watermark } from './watermarks.js';

const TOGETHER_MS = 60 * 60_000;

/** One comparison: of these types, or of everything, from the moment on up to which there is agreement. */
export interface Walk {
  types?: readonly string[];
  agreedUntil: Date;
}

/**
 * Where each type begins: where it was, or, one that is new, where a service begins that is new. Without any marks yet,
 * everything was compared up to one moment.
 */
export function marksOf(agreedUntil: Date, known: Readonly<Record<string, string>> | null, types: readonly string[], since: Date): Record<string, Date> {
  const markOf = (type: string): Date => (known === null ? agreedUntil : known[type] === undefined ? since : new Date(known[type]));
  const ours = types.map((type) => [type, markOf(type)] as const);
  const newest = Math.max(...ours.map(([, mark]) => mark.getTime()));
  // While a release is rolled out, replicas of both take turns: what only the other one takes is not forgotten at once.
  const others = Object.entries(known ?? {}).filter(([type, mark]) => !types.includes(type) && Date.parse(mark) >= newest - TOGETHER_MS);
  return Object.fromEntries([...others.map(([type, mark]) => [type, new Date(mark)] as const), ...ours]);
}

export function earliestMark(marks: Readonly<Record<string, Date>>, types: readonly string[]): Date {
  return new Date(Math.min(...types.map((type) => marks[type]?.getTime() ?? Infinity)));
}

/**
 * What is to be compared: first the types that are about as far as the furthest, then those that lag behind, such as one
 * that the service did not take before. Together, everything else would be compared again from there.
 */
export function walksOf({ agreedUntil, ofTypes }: Watermark): Walk[] {
  if (ofTypes === undefined) return [{ agreedUntil }];
  const { types, agreed } = ofTypes;
  const newest = Math.max(...types.map((type) => agreed[type]?.getTime() ?? 0));
  const isBehind = (type: string): boolean => (agreed[type]?.getTime() ?? 0) < newest - TOGETHER_MS;
  const parts = [types.filter((type) => !isBehind(type)), types.filter(isBehind)].filter(({ length }) => length > 0);
  return parts.map((part) => ({ types: part, agreedUntil: earliestMark(agreed, part) }));
}
