/** One mistake, by its dotted path in the file, or by the name of an environment variable. */
export interface ConfigurationMistake {
  path: string;
  problem: string;
  remedy?: string;
}

/** The configuration cannot be used. The message lists every mistake at once and never prints a configured value. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION_INVALID';

  constructor(
    readonly origin: string,
    readonly mistakes: readonly ConfigurationMistake[],
    options?: ErrorOptions,
  ) {
    super([`The configuration in ${origin} has ${counted(mistakes.length)}:`, ...mistakes.map(lineOf)].join('\n'), options);
    this.name = 'ConfigurationError';
  }
}

const counted = (count: number): string => (count === 1 ? 'a mistake' : `${count} mistakes`);

const lineOf = ({ path, problem, remedy }: ConfigurationMistake): string =>
  `  ${path}: ${problem}${remedy === undefined ? '' : ` (${remedy})`}`;
