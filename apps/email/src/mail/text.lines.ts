/** The lines of a text, without empty ones at its ends. */
export function textLines(text: string | undefined): string[] {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? [] : trimmed.split(/\r\n|\r|\n/);
}
