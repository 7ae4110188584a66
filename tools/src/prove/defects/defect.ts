import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A mistake somebody could make, and the promise that must notice. */
export interface Defect {
  /** In a few words. */
  what: string;
  file: string;
  /** Stands exactly once in the file. */
  search: string;
  replace: string;
  test: NamedTest;
}

export interface NamedTest {
  project: 'unit' | 'integration';
  file: string;
  /** Its own words, without those of the groups it stands in. */
  title: string;
}

/** The file with the mistake in it; throws when the code has moved on and the mistake cannot be made as described. */
export function withDefect(content: string, { file, search, replace }: Defect): string {
  const count = content.split(search).length - 1;
  if (count !== 1) throw new Error(`The defect in ${file} looks for something that stands there ${count} times; adapt it to the code:\n${search}`);
  return content.replace(search, () => replace);
}

/** Makes the mistake in the tree; returns what mends it again. */
export function plant(root: string, defect: Defect): () => void {
  const path = join(root, defect.file);
  const content = readFileSync(path, 'utf8');
  writeFileSync(path, withDefect(content, defect));
  return () => writeFileSync(path, content);
}
