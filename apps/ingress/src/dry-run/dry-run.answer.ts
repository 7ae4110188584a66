import { type HttpRequest, Problem } from '@posthorn/http';
import { problemOfItem } from '../accepting/batch.answer.js';
import type { DryRunAnswer, Rehearsal } from './dry.run.js';

/** Whether only what would happen is asked for. Who asks for it in a way we do not know must not have it done. */
export function asksForDryRun({ query }: HttpRequest): boolean {
  const asked = typeof query === 'object' && query !== null && 'dry_run' in query ? query.dry_run : undefined;
  if (asked === undefined || asked === 'false') return false;
  if (asked === '' || asked === 'true') return true;
  throw new Problem({
    status: 400, code: 'dry-run-malformed', title: 'It is not clear whether anything is to happen',
    detail: 'Send ?dry_run or ?dry_run=true, or neither. Nothing was accepted.',
  });
}

/** Of one event. */
export function dryRunAnswer({ rehearsals: [rehearsal], notAnswered, note }: DryRunAnswer): Record<string, unknown> {
  return { ...rehearsal, ...(rehearsal?.valid === true ? { notAnswered } : {}), note };
}

/** Of a list, each in its place. */
export function dryRunOfBatch({ rehearsals, notAnswered, note }: DryRunAnswer): Record<string, unknown> {
  const valid = rehearsals.filter((rehearsal) => rehearsal.valid).length;
  return { valid, refused: rehearsals.length - valid, results: rehearsals.map(resultOf), notAnswered, note };
}

function resultOf(rehearsal: Rehearsal, index: number): Record<string, unknown> {
  return { index, ...rehearsal, problem: rehearsal.problem === undefined ? undefined : problemOfItem(rehearsal.problem, index) };
}
