const MAX_OCTETS = 75;

/** One iCalendar property (RFC 5545 §3.1), folded. Nothing in a value or parameter can start another property. */
export function contentLine(name: string, value: string, parameters: Readonly<Record<string, string>> = {}): string {
  const listed = Object.entries(parameters).map(([key, parameter]) => `;${key}=${parameterValue(parameter)}`);
  return fold(`${name}${listed.join('')}:${value.replace(/[\r\n]/g, '')}`);
}

/** A TEXT value (RFC 5545 §3.3.11). */
export function textValue(text: string): string {
  return text
    .replace(/[\\;,]/g, (character) => `\\${character}`)
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/(?!\t)\p{Cc}/gu, '');
}

/** Quoted where it must be; quotes and line breaks in the way of RFC 6868. */
function parameterValue(value: string): string {
  const encoded = value
    .replaceAll('^', '^^')
    .replaceAll('"', "^'")
    .replace(/\r\n|\r|\n/g, '^n')
    .replace(/(?!\t)\p{Cc}/gu, '');
  return /[,;:]/.test(encoded) ? `"${encoded}"` : encoded;
}

/** Lines of at most 75 octets, never broken inside a character. */
function fold(line: string): string {
  const lines: string[] = [];
  let current = '';
  let octets = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > MAX_OCTETS) {
      lines.push(current);
      current = ' ';
      octets = 1;
    }
    current += character;
    octets += size;
  }
  return [...lines, current].join('\r\n');
}
