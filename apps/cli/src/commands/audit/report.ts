import { painter, type World } from '../../cli.context.js';
import { EXIT } from '../../cli.error.js';
import { harmless } from '../../table.js';
import { writeJson } from '../../command.js';
import { type Finding, FINDINGS } from '../../verify/finding.js';

export interface Report {
  /** What was verified, line by line. */
  lines: readonly string[];
  findings: readonly Finding[];
  /** Findings that are not listed. */
  unlisted: number;
  /** Beside the findings, for scripts. */
  details: object;
}

/** Writes the report and returns the exit code. */
export function tell({ lines, findings, unlisted, details }: Report, json: boolean, world: World): number {
  const right = findings.length === 0;
  if (json) {
    const told = findings.map((finding) => ({ ...finding, meaning: FINDINGS[finding.code][0], remedy: FINDINGS[finding.code][1] }));
    writeJson(world, { right, ...details, findings: told, unlisted });
  } else {
    world.out.write(`${[...lines, ...(right ? [painter(world)('green', 'All right.')] : wrong(findings, unlisted, world))].join('\n')}\n`);
  }
  return right ? EXIT.ok : EXIT.untrue;
}

function wrong(findings: readonly Finding[], unlisted: number, world: World): string[] {
  const paint = painter(world);
  const codes = [...new Set(findings.map(({ code }) => code))];
  const parts = codes.flatMap((code) => {
    const [meaning, remedy] = FINDINGS[code];
    const what = findings.filter((finding) => finding.code === code).map((finding) => `  ${harmless(finding.what)}`);
    return ['', paint('red', code), ...what, `  It means: ${meaning}`, `  Do: ${remedy}`];
  });
  return ['', paint('red', 'The log is not what it says.'), ...parts, ...(unlisted === 0 ? [] : ['', `${unlisted} more are not listed.`])];
}

export const count = (value: number): string => value.toLocaleString('en');
