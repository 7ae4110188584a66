import { describe, expect, it } from 'vitest';
import { DEFAULT_HOME, EXAMPLE_CONFIG } from '../workspace.js';
import { StartError } from './start.error.js';
import { parseStartOptions } from './start.options.js';

const mistake = (...args: string[]): string => {
  try {
    parseStartOptions(args, {});
  } catch (error) {
    if (error instanceof StartError && error.code === 'OPTIONS') return error.message;
    throw error;
  }
  throw new Error('accepted');
};

describe('parseStartOptions', () => {
  it('needs no options', () => {
    expect(parseStartOptions([], {})).toEqual({
      fresh: false,
      configFile: EXAMPLE_CONFIG,
      portBase: 4700,
      json: false,
      help: false,
      home: DEFAULT_HOME,
    });
  });

  it('takes every option, and paths from where it was called', () => {
    const args = ['--fresh', '--config', 'package.json', '--port-base=6000', '--json'];
    expect(parseStartOptions(args, { POSTHORN_HOME: 'elsewhere' }, process.cwd())).toMatchObject({
      fresh: true,
      configFile: `${process.cwd()}/package.json`,
      portBase: 6000,
      json: true,
      home: `${process.cwd()}/elsewhere`,
    });
  });

  it('keeps the default folder when POSTHORN_HOME is empty', () => {
    expect(parseStartOptions([], { POSTHORN_HOME: '' }).home).toBe(DEFAULT_HOME);
  });

  it.each([['--frehs'], ['--port-base', 'x'], ['--port-base', '80'], ['--port-base', '65530'], ['--port-base', '4700.5'], ['--port-base'], ['--config'], ['--config', '/nowhere.yaml'], ['extra'], ['--json=yes']])(
    'refuses %s %s with a pointer to --help',
    (...args) => {
      expect(mistake(...args)).toContain('--help');
      expect(mistake(...args)).toContain(args[0].replace(/=.*/, ''));
    },
  );
});
