/** What ingress answers to a dry run. */
export interface Rehearsed {
  readonly valid: boolean;
  readonly decision: 'accept' | 'hold' | 'refuse';
  readonly problem?: { readonly title: string; readonly detail?: string; readonly errors?: readonly { readonly pointer: string; readonly message: string }[] };
  readonly held?: { readonly code: string };
  readonly receivers?: readonly Receiver[];
  readonly notAnswered?: readonly string[];
  readonly note?: string;
}

interface Receiver {
  readonly service: string;
  readonly connection: string;
  readonly provider: string;
  readonly action: string;
  readonly mapped?: readonly { readonly does: string; readonly with: unknown }[];
  readonly skipped?: string;
  readonly problem?: { readonly message: string; readonly remedy?: string };
}

const LONGEST_VALUE = 160;

/** For a reader: the decision, then each receiver with what its provider would be told. */
export function describeDryRun({ decision, problem, held, receivers = [], notAnswered = [], note }: Rehearsed): string {
  const lines: string[] = [];
  if (decision === 'refuse') {
    lines.push(`It would be refused. ${problem?.title ?? ''}:`);
    for (const { pointer, message } of problem?.errors ?? []) lines.push(`  ${pointer === '' ? '(the whole)' : pointer}: ${message}`);
    if (problem?.errors === undefined && problem?.detail !== undefined) lines.push(`  ${problem.detail}`);
  } else {
    lines.push(decision === 'hold' ? `It would be held until a person decides: ${held?.code ?? ''}.` : 'It would be accepted.');
    if (receivers.length === 0) lines.push('Nobody would receive it.');
    for (const receiver of receivers) lines.push('', ...linesOf(receiver));
    if (notAnswered.length > 0) lines.push('', `No answer from ${notAnswered.join(', ')}: what would become of it there is not known.`);
    if (note !== undefined) lines.push('', note);
  }
  return `${lines.join('\n')}\nNothing was sent.\n`;
}

function linesOf({ service, connection, provider, action, mapped = [], skipped, problem }: Receiver): string[] {
  const head = `${service} → ${connection} (${provider}): ${action}`;
  if (skipped !== undefined) return [`${head}, which would be skipped: ${skipped}`];
  if (problem !== undefined) return [`${head}, which would fail: ${problem.message}`, ...(problem.remedy === undefined ? [] : [`  ${problem.remedy}`])];
  return [head, ...mapped.flatMap(({ does, with: told }) => [`  ${does}`, ...fieldsOf(told, '    ')])];
}

function fieldsOf(value: unknown, indent: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${indent}${brief(value)}`];
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    const nested = typeof field === 'object' && field !== null && Object.keys(field).length > 0;
    return nested ? [`${indent}${name}:`, ...fieldsOf(field, `${indent}  `)] : [`${indent}${name}: ${brief(field)}`];
  });
}

// On one line, and without what a terminal would take for orders: the texts are what anybody may have typed.
function brief(value: unknown): string {
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}
