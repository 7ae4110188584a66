import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, seen from src/ as from dist/. */
export const WORKSPACE = fileURLToPath(new URL('../..', import.meta.url));

export const DEFAULT_HOME = join(WORKSPACE, '.posthorn');
/** Where Node keeps what it has compiled. Any home may use it: Node looks at each file's content. */
export const COMPILE_CACHE = join(WORKSPACE, 'node_modules', '.cache', 'posthorn', 'compiled');
export const EXAMPLE_CONFIG = join(WORKSPACE, 'posthorn.yaml');

export function builtFile(app: string, file: 'main' | 'provision'): string {
  return join(WORKSPACE, 'apps', app, 'dist', 'bundle', `${file}.js`);
}
