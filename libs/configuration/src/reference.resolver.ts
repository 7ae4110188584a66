import { readFileSync } from 'node:fs';
import type { ConfigurationMistake } from './configuration.error.js';

const REFERENCE = /\$\{(?:(env|file):)?([^}]*)\}/g;

/** The value with every `${env:NAME}` and `${file:/path}` in its strings replaced, and what could not be. */
export function resolveReferences(value: unknown, path: string, env: NodeJS.ProcessEnv): { value: unknown; mistakes: ConfigurationMistake[] } {
  const mistakes: ConfigurationMistake[] = [];
  const resolve = (at: unknown, here: string): unknown => {
    if (typeof at === 'string') return resolveText(at, here, env, mistakes);
    if (Array.isArray(at)) return at.map((item, index) => resolve(item, `${here}[${index}]`));
    if (typeof at !== 'object' || at === null) return at;
    return Object.fromEntries(Object.entries(at).map(([key, item]) => [key, resolve(item, `${here}.${key}`)]));
  };
  return { value: resolve(value, path), mistakes };
}

// What was put in is not looked at again: a secret may contain any characters.
function resolveText(text: string, path: string, env: NodeJS.ProcessEnv, mistakes: ConfigurationMistake[]): string {
  return text.replace(REFERENCE, (whole, kind: string | undefined, name: string) => {
    if (kind === 'env') {
      const found = env[name];
      if (found !== undefined && found !== '') return found;
      mistakes.push({ path, problem: `refers to the environment variable ${name}, which is not set`, remedy: `set ${name} where the service is started` });
    } else if (kind === 'file') {
      try {
        // Secret files usually end in a line break that is not part of the secret.
        return readFileSync(name, 'utf8').replace(/\r?\n$/, '');
      } catch {
        mistakes.push({ path, problem: `refers to the file ${name}, which cannot be read`, remedy: 'create it, or let the service\'s user read it' });
      }
    } else {
      mistakes.push({ path, problem: 'has a reference of unknown kind', remedy: 'write ${env:NAME} or ${file:/path}' });
    }
    return whole;
  });
}
