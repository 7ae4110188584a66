import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WORKSPACE } from '../workspace.js';

/** How many items each section of ASVS 5.0 has, of the chapters the review goes through. */
const SECTIONS: Record<string, number> = {
  '1.1': 2, '1.2': 10, '1.3': 12, '1.4': 3, '1.5': 3,
  '2.1': 3, '2.2': 3, '2.3': 5, '2.4': 2,
  '4.1': 5, '4.2': 5, '4.3': 2, '4.4': 4,
  '6.1': 3, '6.2': 12, '6.3': 8, '6.4': 6, '6.5': 8, '6.6': 4, '6.7': 2, '6.8': 4,
  '13.1': 4, '13.2': 6, '13.3': 4, '13.4': 7,
  '16.1': 1, '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 4,
};
const ALL = Object.entries(SECTIONS).flatMap(([section, items]) => Array.from({ length: items }, (_, at) => `${section}.${at + 1}`));

const page = readFileSync(join(WORKSPACE, 'docs/explanation/security.md'), 'utf8');
const rows = [...page.matchAll(/^\| (\d[\d., –]*) \| (\S+) \| (.+) \|$/gm)].map(([, items = '', verdict = '', reason = '']) => ({ items: items.trim(), verdict, reason }));

/** `1.2.6–1.2.8` and `6.7.1, 6.7.2` as what they stand for. */
function itemsOf(text: string): string[] {
  return text.split(', ').flatMap((part) => {
    const [from = '', to = from] = part.split('–');
    return ALL.slice(ALL.indexOf(from), ALL.indexOf(to) + 1);
  });
}

describe('the security review', () => {
  it('goes through every item of its chapters, once', () => {
    expect(rows.flatMap(({ items }) => itemsOf(items))).toEqual(ALL);
  });

  it('has a verdict and a reason for each', () => {
    expect(rows.filter(({ verdict }) => !['yes', 'partly', 'yours', '–'].includes(verdict))).toEqual([]);
    expect(rows.filter(({ reason }) => reason.trim().length < 3)).toEqual([]);
  });

  it('shows a test for every threat it names', () => {
    const threats = page.slice(0, page.indexOf('## ASVS')).split('\n').filter((line) => /^\| [a-z]/.test(line) && !line.startsWith('| somebody could'));
    expect(threats.length).toBeGreaterThan(20);
    expect(threats.filter((line) => !/\]\([^)]*\.spec\.ts\)/.test(line))).toEqual([]);
  });
});
