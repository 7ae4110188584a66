import { styleText } from 'node:util';

export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
}

/** The world a command runs in; a test gives it another. */
export interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly out: Output;
  readonly error: Output;
  /** Asks the person; undefined where nobody sits. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Has the person write something; undefined where nobody sits. */
  readonly read?: (question: string) => Promise<string>;
}

export type Colour = 'green' | 'yellow' | 'red' | 'magenta' | 'cyan' | 'dim' | 'bold';

/** Colours on a terminal that wants them, and nowhere else. */
export function painter({ env, out }: World): (colour: Colour, text: string) => string {
  const wanted = out.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return (colour, text) => (wanted ? styleText(colour, text, { validateStream: false }) : text);
}
