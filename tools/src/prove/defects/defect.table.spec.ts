import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WORKSPACE } from '../../workspace.js';
import { type Defect, withDefect } from './defect.js';
import { DEFECTS } from './defect.table.js';

const read = (file: string): string => readFileSync(join(WORKSPACE, file), 'utf8');

describe.each(Object.entries<Defect>(DEFECTS))('the seeded defect %s', (_, defect) => {
  it('can still be made in the code as it is', () => {
    const content = read(defect.file);
    expect(withDefect(content, defect)).not.toBe(content);
  });

  it('names a test that is there', () => {
    const { file, title } = defect.test;
    expect(read(file)).toContain(`it('${title}'`);
  });
});

it('is refused where its place is not unique', () => {
  const { test } = DEFECTS['no-inbox'];
  expect(() => withDefect('a a', { what: '', file: 'x.ts', search: 'a', replace: 'b', test })).toThrow(/stands there 2 times/);
});
