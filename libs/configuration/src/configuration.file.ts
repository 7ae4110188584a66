import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigurationError } from './configuration.error.js';

/** The YAML file as plain values. Throws ConfigurationError with line and column of each syntax mistake. */
export function readConfigurationFile(file: string): Record<string, unknown> {
  const lineCounter = new LineCounter();
  const document = parseDocument(contentOf(file), { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    const mistakes = document.errors.map((error) => {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      return { path: `line ${line}, column ${col}`, problem: error.message };
    });
    throw new ConfigurationError(file, mistakes);
  }
  const root: unknown = rootOf(document, file);
  if (root === null || root === undefined) return {};
  if (!isMapping(root)) throw new ConfigurationError(file, [{ path: '(the whole file)', problem: 'must be a mapping of service names to their sections' }]);
  return root;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const mistake = { path: 'POSTHORN_CONFIG', problem: 'the file cannot be read', remedy: 'name a readable YAML file, such as the posthorn.yaml of the repository' };
    throw new ConfigurationError(file, [mistake], { cause });
  }
}

// Turning aliases into values can itself fail, so that a few lines cannot unfold into gigabytes.
function rootOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new ConfigurationError(file, [{ path: '(the whole file)', problem: 'has aliases that cannot be resolved' }], { cause });
  }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
