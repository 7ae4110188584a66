export interface TemplateMistake {
  file: string;
  problem: string;
}

/** Templates that would fail a customer. The service does not start with them. */
export class TemplateError extends Error {
  readonly code = 'TEMPLATE_INVALID';

  constructor(readonly mistakes: readonly TemplateMistake[]) {
    super(`Mail templates with mistakes:\n${mistakes.map(({ file, problem }) => `  ${file}: ${problem}`).join('\n')}`);
    this.name = 'TemplateError';
  }
}
