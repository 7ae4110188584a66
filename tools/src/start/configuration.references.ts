import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** For each section of a configuration file, the environment variables it refers to. */
export type References = Readonly<Record<string, ReadonlySet<string>>>;

const REFERENCE = /\$\{env:([^}]+)\}/g;

export function referencesIn(configFile: string): References {
  const file = parsed(configFile);
  const sections: [string, unknown][] = typeof file === 'object' && file !== null ? Object.entries(file) : [];
  // Written again: what an alias stands for is a part of the section.
  return Object.fromEntries(sections.map(([name, section]) => [name, variablesIn(JSON.stringify(section))]));
}

function variablesIn(text: string): Set<string> {
  return new Set([...text.matchAll(REFERENCE)].flatMap(([, variable = '']) => variable));
}

// What is wrong with the file, each service says by line and column.
function parsed(configFile: string): unknown {
  try {
    return parse(readFileSync(configFile, 'utf8'));
  } catch {
    return undefined;
  }
}
