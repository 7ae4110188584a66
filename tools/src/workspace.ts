import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, seen from src/ as from dist/. */
export const WORKSPACE = fileURLToPath(new URL('../..', import.meta.url));

export const DEFAULT_HOME = join(WORKSPACE, '.posthorn');
export const EXAMPLE_CONFIG = join(WORKSPACE, 'posthorn.yaml');

export function builtFile(app: string, file: 'main' | 'provision'): string {
  return join(WORKSPACE, 'apps', app, 'dist', `${file}.js`);
}
